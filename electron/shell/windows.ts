import { join } from "node:path";

import { app, BrowserWindow, nativeTheme, Notification, screen } from "electron";

import type { WindowRole } from "../../shared/window-role.ts";
import type { Log } from "../log.ts";
import type { AppWindow } from "../ipc/ports.ts";
import type { Windows } from "../ports.ts";
import type { WindowRegistry } from "./ipc.ts";
import { pageUrl } from "./origin.ts";
import { canShowUnfocused, ringPlace, shapeOf, type HomeClose } from "./window-shapes.ts";

/** A window that crashes more often than this is not brought back. */
const RECOVERIES = 3;
const WITHIN_MS = 60_000;

interface Open {
  readonly window: BrowserWindow;
  /** Loaded far enough to be shown without a blank moment. */
  ready: boolean;
  /** To be shown, now or as soon as it is ready. */
  wanted: boolean;
}

/** One window of each role. One whose renderer crashes is loaded again: the call is main's, so it goes on. */
export class ElectronWindows implements Windows {
  readonly #open = new Map<WindowRole, Open>();
  readonly #shownListeners = new Set<(role: WindowRole) => void>();
  readonly #goneListeners = new Set<(role: WindowRole) => void>();
  readonly #registry: WindowRegistry;
  readonly #onGone: (window: AppWindow) => void;
  readonly #log: Log;
  #homeClose: () => HomeClose = () => "close";
  #quitting = false;

  constructor(registry: WindowRegistry, onGone: (window: AppWindow) => void, log: Log) {
    this.#registry = registry;
    this.#onGone = onGone;
    this.#log = log;
    app.on("before-quit", () => (this.#quitting = true));
  }

  show(role: WindowRole): void {
    const open = this.#open.get(role) ?? this.#create(role);
    open.wanted = true;
    if (open.ready) this.#present(role, open.window);
    for (const listener of this.#shownListeners) listener(role);
  }

  prepare(role: WindowRole): void {
    if (!this.#open.has(role)) this.#create(role);
  }

  close(role: WindowRole): void {
    const open = this.#open.get(role);
    this.#open.delete(role);
    // Not `destroy`: the page says goodbye to its SFUs first.
    open?.window.close();
  }

  /** The window, for what the desktop can do with one; null where it is not open. */
  of(role: WindowRole): BrowserWindow | null {
    return this.#open.get(role)?.window ?? null;
  }

  /** The window to draw attention to in the taskbar: the ring window only where no other has a place there. */
  get attending(): BrowserWindow | null {
    const inTaskbar = (["home", "call", "ring"] as const)
      .flatMap((role) => this.of(role) ?? [])
      .find((window) => window.isVisible() || window.isMinimized());
    return inTaskbar ?? null;
  }

  /** From now on the app outlives its windows, and `decide` says what closing the home window does. */
  onHomeClose(decide: () => HomeClose): void {
    this.#homeClose = decide;
    // Electron quits where nobody listens.
    app.on("window-all-closed", () => {});
  }

  /** Each time that a window is asked for, also when it is there already. */
  onShown(listener: (role: WindowRole) => void): void {
    this.#shownListeners.add(listener);
  }

  onGone(listener: (role: WindowRole) => void): void {
    this.#goneListeners.add(listener);
  }

  #create(role: WindowRole): Open {
    const window = new BrowserWindow({
      title: "Carillon",
      show: false,
      autoHideMenuBar: true,
      backgroundColor: nativeTheme.shouldUseDarkColors ? "#0f1514" : "#f2f5f4",
      ...shapeOf(role, process.platform),
      webPreferences: {
        preload: join(import.meta.dirname, "../preload/preload.cjs"),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        // A call goes on while its window is minimized; a ring sounds from a window that is not seen.
        backgroundThrottling: role === "home",
        // One who joins muted, or whose window was reloaded, hears the others all the same; nobody clicks to be rung.
        autoplayPolicy: "no-user-gesture-required",
        spellcheck: false,
      },
    });
    const open: Open = { window, ready: false, wanted: false };
    this.#open.set(role, open);
    this.#registry.add(window.webContents, role, this.#onGone);
    this.#recover(role, window);
    window.once("ready-to-show", () => {
      open.ready = true;
      if (open.wanted) this.#present(role, window);
    });
    window.on("close", (event) => {
      if (this.#refuses(role, open)) event.preventDefault();
    });
    window.on("closed", () => {
      if (this.#open.get(role) !== open) return;
      this.#open.delete(role);
      this.#tellGone(role);
    });
    window
      .loadURL(pageUrl(role))
      .catch((error: unknown) => this.#log.error(`the ${role} window did not load`, error));
    return open;
  }

  #present(role: WindowRole, window: BrowserWindow): void {
    if (role === "ring") return this.#presentRing(window);
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  /** On top of everything where the pointer is, and without the focus: somebody may be typing. */
  #presentRing(window: BrowserWindow): void {
    const ozone = app.commandLine.getSwitchValue("ozone-platform");
    if (!canShowUnfocused(process.env, process.platform, ozone) && Notification.isSupported()) return;
    if (!window.isVisible()) {
      window.setBounds(ringPlace(screen.getDisplayNearestPoint(screen.getCursorScreenPoint()).workArea));
      window.setAlwaysOnTop(true, "screen-saver");
      window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true, skipTransformProcessType: true });
      window.showInactive();
    }
    window.moveTop();
  }

  /** What the user's own closing does in place of closing. */
  #refuses(role: WindowRole, open: Open): boolean {
    if (this.#quitting || this.#open.get(role) !== open) return false;
    const { window } = open;
    if (role === "ring") {
      // It still rings: only its answer or its end takes it away.
      open.wanted = false;
      window.hide();
      return true;
    }
    const decided = role === "home" ? this.#homeClose() : "close";
    if (decided === "close") return false;
    if (decided === "quit") app.quit();
    else minimize(window);
    return true;
  }

  #recover(role: WindowRole, window: BrowserWindow): void {
    let crashes: number[] = [];
    window.webContents.on("render-process-gone", (_event, { reason }) => {
      // Whoever kills a window wants it gone; but a ring would go on unheard.
      if (reason === "clean-exit" || (reason === "killed" && role !== "ring")) return;
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

/** A window in full screen cannot be minimized: it leaves that first, which macOS takes its time for. */
function minimize(window: BrowserWindow): void {
  if (!window.isFullScreen()) return window.minimize();
  window.once("leave-full-screen", () => window.minimize());
  window.setFullScreen(false);
}
