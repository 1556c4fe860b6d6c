import { captureMark } from "./chromium.ts";
import { decode, encode } from "./codec.ts";
import { preventable } from "./event.ts";
import { handlerOf, IpcMain, ipcMain, type IpcMainEvent } from "./ipc-main.ts";
import { isExiting } from "./lifecycle.ts";
import { Modelled, modelled } from "./modelled.ts";
import { NativeImage } from "./native-image.ts";
import { Page, type FromPage, type Navigation, type PageListener, type PagePreferences } from "./page.ts";
import { fromChromium, toChromium } from "./protocol.ts";
import { recordFor } from "./records.ts";
import { answerPage } from "./page-requests.ts";
import { session, type Session } from "./session.ts";
import type { NewTarget } from "./targets.ts";
import type { HandlerDetails, WebContentsEvents } from "./web-contents-types.ts";
import { WebFrameMain } from "./web-frame.ts";

/** What a WebContents needs of the window around it. */
export interface Surroundings {
  focus(): void;
  isFocused(): boolean;
  loaded(): void;
  /** The page or the app asked to close. */
  closing(): void;
  gone(): void;
  titled(title: string): void;
  focused(on: boolean): void;
}

const all = new Map<number, WebContents>();
const pages = new WeakMap<WebContents, Page>();
let lastId = 0;

export function pageOf(contents: WebContents): Page {
  const page = pages.get(contents);
  if (page === undefined) throw new Error("Object has been destroyed");
  return page;
}

/** Told by the window: the page is closed or being closed. */
export const destroy = new WeakMap<WebContents, () => void>();

export class WebContents extends Modelled<WebContentsEvents> {
  readonly id = ++lastId;
  readonly ipc = new IpcMain();
  readonly mainFrame = new WebFrameMain(this);
  readonly #window: Surroundings;
  readonly #page: Page;
  readonly #preload: string;
  #openHandler: ((details: HandlerDetails) => { action: "deny" | "allow" }) | null = null;
  #destroyed = false;
  #crashed = false;
  #loading = false;
  #devTools = false;
  #title = "";

  constructor(preferences: PagePreferences, shape: NewTarget, window: Surroundings) {
    super();
    this.#window = window;
    this.#preload = preferences.preload ?? "";
    this.#page = new Page(preferences, shape, this.#listener());
    pages.set(this, this.#page);
    destroy.set(this, () => this.#destroy());
    all.set(this.id, this);
  }

  #listener(): PageListener {
    const named = (url: string) => fromChromium(url);
    return {
      message: (message, reply) => void this.#hear(message, reply),
      console: (type, message, lineNumber, sourceId) => {
        const level = type === "log" ? "info" : type;
        this.emit("console-message", preventable({ level, message, lineNumber, sourceId }));
      },
      navigated: () => this.emit("did-navigate", preventable(), this.getURL(), 200, "OK"),
      navigatedWithin: () => this.emit("did-navigate-in-page", preventable(), this.getURL(), true),
      domReady: () => this.emit("dom-ready", preventable()),
      loaded: () => {
        this.#loading = false;
        this.emit("did-finish-load");
        this.emit("did-stop-loading");
        this.#window.loaded();
      },
      navigating: (navigation) => this.#mayNavigate(navigation),
      opened: (url) => this.#opened(named(url)),
      crashed: ({ status, errorCode }) => {
        this.#crashed = true;
        const reason = status === "killed" || status === "oom" ? status : "crashed";
        this.emit("render-process-gone", preventable(), { reason, exitCode: errorCode });
      },
      gone: () => {
        if (this.#destroyed) return;
        this.#destroy();
        this.#window.gone();
      },
    };
  }

  #mayNavigate({ url, isMainFrame, isRedirect }: Navigation): boolean {
    const target = fromChromium(url);
    const event = preventable({ url: target, isMainFrame, isSameDocument: false });
    if (isRedirect) this.emit("will-redirect", event, target);
    else {
      this.emit("will-frame-navigate", event);
      if (isMainFrame) this.emit("will-navigate", event, target);
    }
    return !event.defaultPrevented;
  }

  #opened(url: string): void {
    const answer = this.#openHandler?.({
      url,
      frameName: "",
      features: "",
      disposition: "foreground-tab",
      referrer: { url: "", policy: "default" },
    });
    if (answer?.action !== "deny") {
      console.error(`the stand-in opens no window for a page: ${url} (setWindowOpenHandler must deny)`);
    }
  }

  async #hear(message: FromPage, reply: (value: unknown) => void): Promise<void> {
    const frame = {
      type: "frame" as const,
      sender: this,
      senderFrame: this.mainFrame,
      frameId: 1,
      processId: this.id,
    };
    switch (message.kind) {
      case "send": {
        const answer = (channel: string, ...args: unknown[]) => this.send(channel, ...args);
        const event: IpcMainEvent = preventable({ ...frame, reply: answer });
        // The codec made an array of the arguments.
        const args = decode(message.body) as unknown[];
        this.ipc.emit(message.channel, event, ...args);
        ipcMain.emit(message.channel, event, ...args);
        break;
      }
      case "invoke": {
        const handler = handlerOf(this.ipc, message.channel) ?? handlerOf(ipcMain, message.channel);
        try {
          if (handler === undefined) throw new Error(`No handler registered for '${message.channel}'`);
          const args = decode(message.body) as unknown[];
          reply({ value: await handler(preventable(frame), ...args) });
        } catch (error) {
          console.error(`Error occurred in handler for '${message.channel}':`, error);
          reply({ error: String(error) });
        }
        break;
      }
      case "ask":
        reply(
          await this.#answer(message.what, decode(message.body)).catch((error: unknown) => {
            if (!isExiting()) console.error(`stand-in, ${message.what}:`, error);
            return null;
          }),
        );
        break;
      case "focus":
        this.#window.focused(message.on);
        break;
      case "title":
        // The mark is the stand-in's own, for the time of a capture.
        if (message.title === captureMark || message.title === this.#title) break;
        this.#title = message.title;
        this.#window.titled(message.title);
        break;
      case "preload-error":
        this.emit("preload-error", preventable(), this.#preload, new Error(message.message));
    }
  }

  async #answer(what: string, details: unknown): Promise<unknown> {
    if (what === "close") this.#window.closing();
    else if (what === "open") this.#opened(fromChromium(String(details)));
    else return answerPage(this, what, details);
    return true;
  }

  get session(): Session {
    return session.defaultSession;
  }

  send(channel: string, ...args: unknown[]): void {
    if (typeof channel !== "string") throw new TypeError("Missing required channel argument");
    const body = encode(args);
    if (!this.#destroyed) this.#page.tell({ kind: "send", channel, body });
  }

  async loadURL(url: string): Promise<void> {
    await this.#page.attached;
    this.#loading = true;
    this.#crashed = false;
    this.emit("did-start-loading");
    const finished = Promise.withResolvers<void>();
    const destroyed = () => finished.reject(new Error(`ERR_FAILED (-2) loading '${url}'`));
    this.once("did-finish-load", finished.resolve).once("destroyed", destroyed);
    try {
      const error = await this.#page.navigate(toChromium(url));
      if (error !== undefined) {
        this.#loading = false;
        this.emit("did-fail-load", preventable(), -2, error, url, true);
        throw new Error(`${error.replace("net::", "")} loading '${url}'`);
      }
      await finished.promise;
    } finally {
      this.off("did-finish-load", finished.resolve).off("destroyed", destroyed);
    }
  }

  reload(): void {
    this.#crashed = false;
    this.#page.reload();
  }

  executeJavaScript(code: string, userGesture = false): Promise<unknown> {
    return this.#page.evaluate(code, userGesture);
  }

  async capturePage(): Promise<NativeImage> {
    const { data } = await this.#page.cdp.send("Page.captureScreenshot", { format: "png" });
    return new NativeImage(Buffer.from(data, "base64"));
  }

  setWindowOpenHandler(handler: (details: HandlerDetails) => { action: "deny" | "allow" }): void {
    this.#openHandler = handler;
  }

  /** Kills the renderer for good: `render-process-gone` is Chromium's own report. */
  forcefullyCrashRenderer(): void {
    // A crashed page cannot answer.
    this.#page.cdp.send("Page.crash").catch(() => undefined);
  }

  getURL(): string {
    return this.#page.url === "about:blank" ? "" : fromChromium(this.#page.url);
  }
  getTitle(): string {
    return this.#title;
  }
  isLoading(): boolean {
    return this.#loading;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  isCrashed(): boolean {
    return this.#crashed;
  }
  isFocused(): boolean {
    return this.#window.isFocused();
  }
  focus(): void {
    this.#window.focus();
  }
  close(): void {
    this.#window.closing();
  }
  openDevTools(): void {
    this.#devTools = true;
    recordFor(this.id, "webContents.openDevTools");
  }
  closeDevTools(): void {
    this.#devTools = false;
    recordFor(this.id, "webContents.closeDevTools");
  }
  isDevToolsOpened(): boolean {
    return this.#devTools;
  }

  #destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    all.delete(this.id);
    if (!isExiting()) this.emit("destroyed");
  }
}

export const webContents = modelled("webContents", {
  getAllWebContents: (): WebContents[] => [...all.values()],
  getFocusedWebContents: (): WebContents | null =>
    [...all.values()].find((contents) => contents.isFocused()) ?? null,
  fromId: (id: number): WebContents | undefined => all.get(id),
  fromDevToolsTargetId: (targetId: string): WebContents | undefined =>
    [...all.values()].find((contents) => pageOf(contents).targetId === targetId),
});
