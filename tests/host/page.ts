import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Cdp } from "./cdp.ts";
import { decode, encode } from "./codec.ts";
import { electronVersion } from "./launch.ts";
import { openTarget, type NewTarget, type TargetListener } from "./targets.ts";

const WORLD = "Electron Isolated Context";
const source = (name: string) => readFileSync(join(import.meta.dirname, "page", name), "utf8");
const codec = `${encode.toString()}\n${decode.toString()}`;
const bus = source("bus.js");
const mainWorld = source("main-world.js");
const isolatedWorld = source("isolated-world.js");

export interface PagePreferences {
  /** A CommonJS file. */
  preload?: string | undefined;
  additionalArguments?: string[] | undefined;
  backgroundThrottling?: boolean | undefined;
}

/** What the preload's world says; `page/isolated-world.js` writes it. Bodies are encoded by the codec. */
export type FromPage =
  | { kind: "send"; channel: string; body: string }
  | { kind: "invoke"; channel: string; body: string; id: number }
  | { kind: "ask"; what: string; body: string; id: number }
  | { kind: "focus"; on: boolean }
  | { kind: "title"; title: string }
  | { kind: "preload-error"; message: string; stack?: string };

export type ToPage =
  { kind: "send"; channel: string; body: string } | { kind: "reply"; id: number; body: string };

export interface Navigation {
  readonly url: string;
  readonly isMainFrame: boolean;
  readonly isRedirect: boolean;
}

export interface PageListener extends TargetListener {
  message(message: FromPage, reply: (value: unknown) => void): void;
  console(level: string, text: string, line: number, file: string): void;
  navigated(): void;
  navigatedWithin(): void;
  domReady(): void;
  loaded(): void;
  /** The page wants to go somewhere; false keeps it from going. */
  navigating(navigation: Navigation): boolean;
  /** A link with target=_blank. */
  opened(url: string): void;
}

const withoutHash = (url: string) => url.replace(/#.*$/s, "");

/** One page of Chromium's with Electron's preload in an isolated world. Addresses are Chromium's. */
export class Page {
  targetId = "";
  url = "about:blank";
  /** Resolves when the page has its scripts and runs. */
  readonly attached: Promise<void>;
  readonly #listener: PageListener;
  readonly #preferences: PagePreferences;
  readonly #binding = `binding-${randomUUID()}`;
  readonly #receiver = `receiver-${randomUUID()}`;
  /** Navigations that the app asked for, which it is not asked about. */
  readonly #own = new Set<string>();
  #cdp: Cdp | undefined;
  #frame = "";
  /** The preload's world in the document that is there now. */
  #context: number | undefined;

  constructor(preferences: PagePreferences, shape: NewTarget, listener: PageListener) {
    this.#preferences = preferences;
    this.#listener = listener;
    this.attached = this.#open(shape);
    // Who waits for it hears of a failure; that nobody waited is none.
    this.attached.catch(() => undefined);
  }

  get cdp(): Cdp {
    if (this.#cdp === undefined) throw new Error("the page is not there yet");
    return this.#cdp;
  }

  async #open(shape: NewTarget): Promise<void> {
    const { cdp, targetId } = await openTarget(shape, this.#listener);
    this.#cdp = cdp;
    this.targetId = targetId;
    this.#listen(cdp);
    this.#frame = (await cdp.send("Page.getFrameTree")).frameTree.frame.id;
    await Promise.all([
      cdp.send("Page.enable"),
      cdp.send("Runtime.enable"),
      cdp.send("Inspector.enable"),
      cdp.send("Fetch.enable", { patterns: [{ urlPattern: "*", resourceType: "Document" }] }),
      ...this.#inject(cdp),
      // A throttled page is told that it is hidden and gets few timers; a focused one never is.
      cdp.send("Emulation.setFocusEmulationEnabled", {
        enabled: this.#preferences.backgroundThrottling === false,
      }),
      cdp.send("Runtime.runIfWaitingForDebugger"),
    ]);
  }

  #inject(cdp: Cdp): Promise<unknown>[] {
    const { preload, additionalArguments = [] } = this.#preferences;
    const { platform, arch, versions, env } = process;
    const constants = {
      SECRET: randomUUID(),
      BINDING: this.#binding,
      RECEIVER: this.#receiver,
      PROCESS: {
        platform,
        arch,
        versions: { node: versions.node, chrome: versions["chrome"], electron: electronVersion },
        argv: ["electron", ...additionalArguments],
        env: { NODE_ENV: env["NODE_ENV"] },
      },
    };
    const wrap = (...parts: string[]) =>
      `(() => {\n${Object.entries(constants)
        .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
        .join("\n")}\n${parts.join("\n")}\n})()`;
    const preloadText = preload === undefined ? "" : readPreload(preload);
    const isolated = isolatedWorld.replace("/* PRELOAD */", () => preloadText);
    return [
      cdp.send("Runtime.addBinding", { name: this.#binding, executionContextName: WORLD }),
      cdp.send("Page.addScriptToEvaluateOnNewDocument", { source: wrap(bus, mainWorld) }),
      cdp.send("Page.addScriptToEvaluateOnNewDocument", {
        source: wrap(bus, codec, isolated),
        worldName: WORLD,
      }),
    ];
  }

  #listen(cdp: Cdp): void {
    const listener = this.#listener;
    cdp.on("Runtime.executionContextCreated", ({ context }) => {
      if (context.name === WORLD && context.auxData?.frameId === this.#frame) this.#context = context.id;
    });
    cdp.on("Runtime.executionContextsCleared", () => (this.#context = undefined));
    cdp.on("Runtime.executionContextDestroyed", ({ executionContextId }) => {
      if (executionContextId === this.#context) this.#context = undefined;
    });
    cdp.on("Runtime.bindingCalled", ({ name, executionContextId, payload }) => {
      if (name === this.#binding && executionContextId === this.#context) this.#hear(JSON.parse(payload));
    });
    cdp.on("Runtime.consoleAPICalled", ({ type, args, stackTrace }) => {
      const text = args.map(({ value, description }) => String(value ?? description)).join(" ");
      const at = stackTrace?.callFrames[0];
      listener.console(type, text, at?.lineNumber ?? 0, at?.url ?? "");
    });
    cdp.on("Runtime.exceptionThrown", ({ exceptionDetails: { exception, text, lineNumber, url } }) => {
      listener.console("error", exception?.description ?? text, lineNumber, url ?? "");
    });
    cdp.on("Page.frameStartedNavigating", ({ frameId, navigationType, url }) => {
      if (frameId === this.#frame && /^reload|restore/.test(navigationType)) this.#own.add(withoutHash(url));
    });
    cdp.on("Page.frameNavigated", ({ frame }) => {
      if (frame.parentId !== undefined) return;
      this.url = frame.url + (frame.urlFragment ?? "");
      if (this.url !== "about:blank") listener.navigated();
    });
    cdp.on("Page.navigatedWithinDocument", ({ frameId, url }) => {
      if (frameId !== this.#frame) return;
      this.url = url;
      listener.navigatedWithin();
    });
    cdp.on("Page.domContentEventFired", () => this.url !== "about:blank" && listener.domReady());
    cdp.on("Page.loadEventFired", () => this.url !== "about:blank" && listener.loaded());
    cdp.on("Page.windowOpen", ({ url }) => listener.opened(url));
    cdp.on("Fetch.requestPaused", ({ requestId, request, frameId, redirectedRequestId }) => {
      const isMainFrame = frameId === this.#frame;
      const isRedirect = redirectedRequestId !== undefined;
      const own = isMainFrame && !isRedirect && this.#own.delete(withoutHash(request.url));
      const goes = own || listener.navigating({ url: request.url, isMainFrame, isRedirect });
      const answer = goes
        ? cdp.send("Fetch.continueRequest", { requestId })
        : cdp.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
      // The page may be gone by now.
      answer.catch(() => undefined);
    });
  }

  #hear(message: FromPage): void {
    const context = this.#context;
    this.#listener.message(message, (value) => {
      if (!("id" in message) || context !== this.#context) return;
      this.tell({ kind: "reply", id: message.id, body: encode(value) });
    });
  }

  /** Reaches the preload's world; lost where there is none yet, as in Electron. */
  tell(message: ToPage): void {
    if (this.#context === undefined) return;
    const call = this.cdp.send("Runtime.callFunctionOn", {
      executionContextId: this.#context,
      functionDeclaration: `function (text) { globalThis[${JSON.stringify(this.#receiver)}](text) }`,
      arguments: [{ value: JSON.stringify(message) }],
    });
    call.catch(() => undefined);
  }

  /** @returns Chromium's name of the error (`net::ERR_...`), if any */
  async navigate(url: string): Promise<string | undefined> {
    this.#own.add(withoutHash(url));
    return (await this.cdp.send("Page.navigate", { url })).errorText;
  }

  reload(): void {
    this.#own.add(withoutHash(this.url));
    // The page may be gone by now.
    this.cdp.send("Page.reload").catch(() => undefined);
  }

  async evaluate(expression: string, userGesture: boolean): Promise<unknown> {
    await this.attached;
    const { result, exceptionDetails } = await this.cdp.send("Runtime.evaluate", {
      expression,
      userGesture,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }
}

/** One that cannot be read fails as one that throws: the page is told of neither. */
function readPreload(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return `throw new Error(${JSON.stringify(String(error))})`;
  }
}
