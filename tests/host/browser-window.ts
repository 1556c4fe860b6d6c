import { appEvents } from "./app-events.ts";
import { browser } from "./chromium.ts";
import { preventable } from "./event.ts";
import { headful, launch } from "./launch.ts";
import { isExiting, isReady } from "./lifecycle.ts";
import type { Rectangle } from "./screen.ts";
import { RecordedWindow } from "./recorded-window.ts";
import { recordFor } from "./records.ts";
import { closeTarget } from "./targets.ts";
import { destroy, pageOf, WebContents } from "./web-contents.ts";
import type { BrowserWindowConstructorOptions } from "./window-types.ts";

/** What Chromium's own tab strip and toolbar take from a window's height, in pixels. */
const TOOLBAR = 87;

const all = new Map<number, BrowserWindow>();
let focused: BrowserWindow | undefined;

const closing = new Set<Promise<void>>();

/** Resolves when the pages of all closed windows have run their last handlers. */
export async function closedWindows(): Promise<void> {
  await Promise.all(closing);
}

type State = "normal" | "minimized" | "maximized" | "fullscreen";

export class BrowserWindow extends RecordedWindow {
  static getAllWindows(): BrowserWindow[] {
    return [...all.values()];
  }
  static getFocusedWindow(): BrowserWindow | null {
    return focused ?? null;
  }
  static fromId(id: number): BrowserWindow | null {
    return all.get(id) ?? null;
  }
  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return this.getAllWindows().find((window) => window.webContents === contents) ?? null;
  }

  readonly id: number;
  readonly webContents: WebContents;
  #bounds: Rectangle;
  #state: State = "normal";
  /** The state to come back to from minimized or full screen. */
  #before: State = "normal";
  #visible: boolean;
  #alwaysOnTop: boolean;
  #title: string;
  #shown = false;
  #destroyed = false;
  /** Chromium is told one thing after the other. */
  #queue: Promise<unknown>;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    if (!isReady()) throw new Error("Cannot create BrowserWindow before app is ready");
    const { x = 40, y = 40, width = 800, height = 600, webPreferences = {}, show = true } = options;
    this.#bounds = { x, y, width, height };
    this.#visible = show;
    this.#alwaysOnTop = options.alwaysOnTop ?? false;
    this.#title = options.title ?? launch.name;
    this.webContents = new WebContents(
      webPreferences,
      { left: x, top: y, width, height: height + TOOLBAR, windowState: show ? "normal" : "minimized" },
      {
        focus: () => this.focus(),
        isFocused: () => this.isFocused(),
        loaded: () => this.#loaded(),
        closing: () => this.close(),
        gone: () => this.#end(),
        titled: (title) => this.#titled(title),
        // Headless, every page believes that it has the focus.
        focused: (on) => headful && (on ? this.#focus() : this.#blur()),
      },
    );
    this.id = this.webContents.id;
    this.#queue = pageOf(this.webContents).attached;
    all.set(this.id, this);
    recordFor(this.id, "new BrowserWindow", options);
    if (show) this.#focus();
    appEvents.emit("browser-window-created", preventable(), this);
    appEvents.emit("web-contents-created", preventable(), this.webContents);
  }

  #then(step: () => Promise<unknown>): void {
    this.#queue = this.#queue
      .then(() => (this.#destroyed ? undefined : step()))
      .catch((error: unknown) => {
        if (!this.#destroyed && !isExiting()) console.error("stand-in, window:", error);
      });
  }

  #tell(bounds: { windowState?: State; left?: number; top?: number; width?: number; height?: number }): void {
    this.#then(async () => {
      const { targetId } = pageOf(this.webContents);
      const { windowId } = await browser().send("Browser.getWindowForTarget", { targetId });
      await browser().send("Browser.setWindowBounds", { windowId, bounds });
    });
  }

  /** Chromium has no hidden windows: hidden is minimized, and remembered. */
  #apply(state: State): void {
    if (state === "minimized" && this.#state !== "minimized") this.#before = this.#state;
    this.#state = state;
    this.#tell({ windowState: this.#visible ? state : "minimized" });
  }

  #focus(): void {
    if (focused === this) return;
    if (focused !== undefined) focused.#blur();
    // oxlint-disable-next-line typescript/no-this-alias
    focused = this;
    this.emit("focus");
    appEvents.emit("browser-window-focus", preventable(), this);
  }

  #blur(): void {
    if (focused !== this) return;
    focused = undefined;
    this.emit("blur");
    appEvents.emit("browser-window-blur", preventable(), this);
  }

  #loaded(): void {
    if (this.#shown) return;
    this.#shown = true;
    this.emit("ready-to-show");
  }

  #titled(title: string): void {
    const event = preventable();
    this.emit("page-title-updated", event, title, true);
    if (!event.defaultPrevented) this.#title = title;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }
  reload(): void {
    this.webContents.reload();
  }

  show(): void {
    this.#appear();
    this.focus();
  }
  showInactive(): void {
    recordFor(this.id, "BrowserWindow.showInactive");
    this.#appear();
  }
  #appear(): void {
    if (this.#visible) return;
    this.#visible = true;
    this.#apply(this.#state);
    this.emit("show");
  }
  hide(): void {
    if (!this.#visible) return;
    this.#visible = false;
    this.#apply(this.#state);
    this.emit("hide");
    this.#blur();
  }
  focus(): void {
    if (!this.#visible) return;
    if (this.isMinimized()) this.restore();
    this.#then(() => pageOf(this.webContents).cdp.send("Page.bringToFront"));
    if (!headful) this.#focus();
  }
  blur(): void {
    this.#blur();
  }
  /** Chromium raises a page only together with the focus, which this leaves where it is. */
  moveTop(): void {
    recordFor(this.id, "BrowserWindow.moveTop");
  }
  minimize(): void {
    if (this.isMinimized()) return;
    this.#apply("minimized");
    this.emit("minimize");
    this.#blur();
  }
  restore(): void {
    if (!this.isMinimized()) return;
    this.#apply(this.#before);
    this.emit("restore");
  }
  maximize(): void {
    this.#apply("maximized");
    this.emit("maximize");
  }
  unmaximize(): void {
    this.#apply("normal");
    this.emit("unmaximize");
  }
  setFullScreen(on: boolean): void {
    if (on === this.isFullScreen()) return;
    this.#apply(on ? "fullscreen" : "normal");
    this.emit(on ? "enter-full-screen" : "leave-full-screen");
  }

  isVisible(): boolean {
    return this.#visible && this.#state !== "minimized";
  }
  isFocused(): boolean {
    return focused === this;
  }
  isMinimized(): boolean {
    return this.#state === "minimized";
  }
  isMaximized(): boolean {
    return this.#state === "maximized";
  }
  isFullScreen(): boolean {
    return this.#state === "fullscreen";
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }

  getBounds(): Rectangle {
    return { ...this.#bounds };
  }
  getNormalBounds(): Rectangle {
    return { ...this.#bounds };
  }
  getContentBounds(): Rectangle {
    return { ...this.#bounds };
  }
  setBounds(bounds: Partial<Rectangle>): void {
    const before = this.#bounds;
    this.#bounds = { ...before, ...bounds };
    const { x, y, width, height } = this.#bounds;
    this.#tell({ left: x, top: y, width, height: height + TOOLBAR });
    if (x !== before.x || y !== before.y) this.emit("move");
    if (width !== before.width || height !== before.height) this.emit("resize");
  }
  getSize(): number[] {
    return [this.#bounds.width, this.#bounds.height];
  }
  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  getPosition(): number[] {
    return [this.#bounds.x, this.#bounds.y];
  }
  setPosition(x: number, y: number): void {
    this.setBounds({ x, y });
  }

  getTitle(): string {
    return this.#title;
  }
  setTitle(title: string): void {
    this.#title = title;
  }
  getMediaSourceId(): string {
    return `window:${this.id}:0`;
  }
  isAlwaysOnTop(): boolean {
    return this.#alwaysOnTop;
  }
  setAlwaysOnTop(on: boolean, level?: "normal" | "floating" | "screen-saver"): void {
    this.#alwaysOnTop = on;
    recordFor(this.id, "BrowserWindow.setAlwaysOnTop", on, level);
    this.emit("always-on-top-changed", preventable(), on);
  }
  close(): void {
    if (this.#destroyed) return;
    const event = preventable();
    this.emit("close", event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    if (this.#destroyed) return;
    const page = pageOf(this.webContents);
    this.#end();
    const closed = this.#queue.then(() => closeTarget(page.targetId)).catch(() => undefined);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }
  #end(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    destroy.get(this.webContents)?.();
    all.delete(this.id);
    this.#blur();
    this.emit("closed");
    setImmediate(() => all.size === 0 && appEvents.emit("stand-in:all-closed"));
  }
}
