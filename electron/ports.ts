import type { ScreenSource } from "../shared/ipc/contract.ts";
import type { WindowRole } from "../shared/window-role.ts";

/** What the core needs of the desktop. `shell/` is it over Electron, one file each; tests have doubles that behave. */

export interface Secrets {
  /** True where the desktop has no keyring, so that what is sealed is only obfuscated. */
  weak(): Promise<boolean>;
  seal(text: string): Promise<Uint8Array>;
  /** Fails where another user, machine or keyring sealed it. */
  open(sealed: Uint8Array): Promise<string>;
}

export interface Windows {
  /** Opens the window of this role, or brings it to the front. */
  show(role: WindowRole): void;
  close(role: WindowRole): void;
  /** The user closed it, or it crashed too often to be brought back. */
  onGone(listener: (role: WindowRole) => void): void;
}

export interface Screens {
  /** Empty where the system shows its own picker. */
  list(): Promise<readonly ScreenSource[]>;
  /** What the call window's next `getDisplayMedia` gets. */
  choose(id: string | null, audio: boolean): void;
}

export interface Power {
  /** The machine woke, the screen was unlocked or the network changed: what was quiet may be stale. */
  onWake(listener: () => void): void;
  /** Keeps the display (video) or the machine (audio only) awake while a call is on. */
  stayAwake(what: "display" | "machine" | null): void;
}

/** The system browser. */
export type OpenExternal = (url: string) => Promise<void>;
