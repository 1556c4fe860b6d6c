import { Modelled } from "./modelled.ts";
import type { Event } from "./event.ts";
import type { WebContents } from "./web-contents.ts";
import type { WebFrameMain } from "./web-frame.ts";

export interface IpcMainInvokeEvent extends Event {
  readonly type: "frame";
  readonly sender: WebContents;
  readonly senderFrame: WebFrameMain | null;
  readonly frameId: number;
  readonly processId: number;
}

export interface IpcMainEvent extends IpcMainInvokeEvent {
  reply(channel: string, ...args: unknown[]): void;
}

// Electron's own signature: arguments are whatever the page sent.
// oxlint-disable-next-line typescript/no-explicit-any
type Handler = (event: IpcMainInvokeEvent, ...args: any[]) => unknown;
// oxlint-disable-next-line typescript/no-explicit-any
type Channels = Record<string, [event: IpcMainEvent, ...args: any[]]>;

const handlers = new WeakMap<IpcMain, Map<string, Handler>>();

export function handlerOf(ipc: IpcMain, channel: string): Handler | undefined {
  return handlers.get(ipc)?.get(channel);
}

export class IpcMain extends Modelled<Channels> {
  readonly #handlers = new Map<string, Handler>();

  constructor() {
    super();
    handlers.set(this, this.#handlers);
  }

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.#handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: Handler): void {
    this.handle(channel, (event, ...args) => {
      this.removeHandler(channel);
      return handler(event, ...args);
    });
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }
}

export const ipcMain = new IpcMain();
