import type { Envelope } from "../../shared/ipc/bridge.ts";
import type { WindowRole } from "../../shared/window-role.ts";

/** A window as main sees it: `shell/` makes them from frames it trusts, tests from nothing. */
export interface AppWindow {
  readonly role: WindowRole;
  post(topic: string, payload: unknown): void;
}

export interface IpcPort {
  /** `caller` is undefined unless the main frame of a window of ours, at our origin, is what spoke. */
  handle(serve: (caller: AppWindow | undefined, command: unknown, args: unknown) => Promise<Envelope>): void;
}
