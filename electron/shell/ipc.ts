import { ipcMain, type WebContents, type WebFrameMain } from "electron";

import { INVOKE, PUSH } from "../../shared/ipc/bridge.ts";
import type { WindowRole } from "../../shared/window-role.ts";
import type { AppWindow, IpcPort } from "../ipc/ports.ts";
import { origin } from "./origin.ts";

/** The windows we opened, by the contents they hold. */
export class WindowRegistry {
  readonly #windows = new Map<WebContents, AppWindow>();

  add(contents: WebContents, role: WindowRole, onGone: (window: AppWindow) => void): void {
    const window: AppWindow = {
      role,
      post: (topic, payload) => {
        if (!contents.isDestroyed()) contents.send(PUSH, topic, payload);
      },
    };
    this.#windows.set(contents, window);
    contents.once("destroyed", () => {
      this.#windows.delete(contents);
      onGone(window);
    });
  }

  of(contents: WebContents | null): AppWindow | undefined {
    return contents ? this.#windows.get(contents) : undefined;
  }

  with(role: WindowRole): AppWindow | undefined {
    return [...this.#windows.values()].find((window) => window.role === role);
  }

  /** Our window, only if its top frame, at our origin, is what speaks. */
  speaker(contents: WebContents, frame: WebFrameMain | null): AppWindow | undefined {
    return frame?.parent === null && frame.origin === origin ? this.#windows.get(contents) : undefined;
  }
}

export const electronIpc = (registry: WindowRegistry): IpcPort => ({
  handle: (serve) =>
    ipcMain.handle(INVOKE, (event, command: unknown, args: unknown) =>
      serve(registry.speaker(event.sender, event.senderFrame), command, args),
    ),
});
