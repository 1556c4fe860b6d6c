import { join } from "node:path";

import { BrowserWindow, nativeTheme, type BrowserWindowConstructorOptions } from "electron";

import type { WindowRole } from "../../shared/window-role.ts";
import type { Log } from "../log.ts";
import type { AppWindow } from "../ipc/ports.ts";
import type { Windows } from "../ports.ts";
import type { WindowRegistry } from "./ipc.ts";
import { pageUrl } from "./origin.ts";

const SHAPE: { readonly [R in WindowRole]: BrowserWindowConstructorOptions } = {
  home: { width: 440, height: 720, minWidth: 360, minHeight: 480 },
  call: { width: 960, height: 640, minWidth: 360, minHeight: 480, backgroundColor: "#0f1514" },
};

/** A window that crashes more often than this is not brought back. */
const RECOVERIES = 3;
const WITHIN_MS = 60_000;

/** One window of each role. One whose renderer crashes is loaded again: the call is main's, so it goes on. */
export class ElectronWindows implements Windows {
  readonly #open = new Map<WindowRole, BrowserWindow>();
  readonly #goneListeners = new Set<(role: WindowRole) => void>();
  readonly #registry: WindowRegistry;
  readonly #onGone: (window: AppWindow) => void;
  readonly #log: Log;

  constructor(registry: WindowRegistry, onGone: (window: AppWindow) => void, log: Log) {
    this.#registry = registry;
    this.#onGone = onGone;
    this.#log = log;
  }

  show(role: WindowRole): void {
    const open = this.#open.get(role);
    if (!open) return this.#create(role);
    if (open.isMinimized()) open.restore();
    open.show();
    open.focus();
  }

  close(role: WindowRole): void {
    const window = this.#open.get(role);
    this.#open.delete(role);
    // Not `destroy`: the page says goodbye to its SFUs first.
    window?.close();
  }

  onGone(listener: (role: WindowRole) => void): void {
    this.#goneListeners.add(listener);
  }

  #create(role: WindowRole): void {
    const window = new BrowserWindow({
      title: "Carillon",
      show: false,
      autoHideMenuBar: true,
      backgroundColor: nativeTheme.shouldUseDarkColors ? "#0f1514" : "#f2f5f4",
      ...SHAPE[role],
      webPreferences: {
        preload: join(import.meta.dirname, "../preload/preload.cjs"),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        // A call goes on while its window is minimized.
        backgroundThrottling: role !== "call",
        // One who joins muted, or whose window was reloaded, hears the others all the same.
        autoplayPolicy: "no-user-gesture-required",
        spellcheck: false,
      },
    });
    this.#open.set(role, window);
    this.#registry.add(window.webContents, role, this.#onGone);
    this.#recover(role, window);
    window.once("ready-to-show", () => window.show());
    window.on("closed", () => {
      if (this.#open.get(role) !== window) return;
      this.#open.delete(role);
      this.#tellGone(role);
    });
    window
      .loadURL(pageUrl(role))
      .catch((error: unknown) => this.#log.error(`the ${role} window did not load`, error));
  }

  #recover(role: WindowRole, window: BrowserWindow): void {
    let crashes: number[] = [];
    window.webContents.on("render-process-gone", (_event, { reason }) => {
      if (reason === "clean-exit" || reason === "killed") return;
      const now = Date.now();
      crashes = [...crashes.filter((at) => now - at < WITHIN_MS), now];
      this.#log.error(`the ${role} window crashed: ${reason}`);
      if (crashes.length <= RECOVERIES) window.webContents.reload();
      else window.destroy();
    });
  }

  #tellGone(role: WindowRole): void {
    for (const listener of this.#goneListeners) listener(role);
  }
}
