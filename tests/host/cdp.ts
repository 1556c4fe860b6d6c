import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";

import type { CDPSession } from "@playwright/test";

/** One session of the Chrome DevTools Protocol, typed by Playwright's own table of commands and events. */
export type Cdp = Pick<CDPSession, "send" | "on" | "off">;

interface Waiting {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: { readonly sessionId?: string };
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: string };
}

class Session extends EventEmitter {
  readonly #connection: Connection;
  readonly #id: string | undefined;

  constructor(connection: Connection, id?: string) {
    super();
    this.setMaxListeners(0);
    this.#connection = connection;
    this.#id = id;
  }

  send(method: string, params: object = {}): Promise<unknown> {
    return this.#connection.request(method, params, this.#id);
  }
}

/** The protocol over Chromium's `--remote-debugging-pipe`: file descriptors 3 and 4 of the child. */
export class Connection {
  readonly root: Cdp;
  closed = false;
  readonly #root = new Session(this);
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #out: Writable;
  readonly #onClosed: () => void;
  #lastId = 0;

  constructor(child: ChildProcess, onClosed: () => void) {
    // The session's names and payloads are strings to us; the types above say what Chromium makes of them.
    this.root = this.#root as unknown as Cdp;
    this.#onClosed = onClosed;
    // spawn() was asked for pipes there.
    this.#out = child.stdio[3] as Writable;
    const input = child.stdio[4] as Readable;
    this.#read(input);
    for (const end of ["close", "error"]) input.on(end, () => this.#close());
    this.#out.on("error", () => this.#close());
    child.on("error", () => this.#close());
  }

  session(id: string): Cdp {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Error(`no such session: ${id}`);
    return session as unknown as Cdp;
  }

  request(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    if (this.closed) return Promise.reject(new Error(`${method}: Chromium is gone`));
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { method, resolve, reject });
    this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return promise;
  }

  #read(input: Readable): void {
    let parts: Buffer[] = [];
    input.on("data", (chunk: Buffer) => {
      let from = 0;
      for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, from)) {
        parts.push(chunk.subarray(from, end));
        this.#receive(JSON.parse(Buffer.concat(parts).toString("utf8")));
        parts = [];
        from = end + 1;
      }
      if (from < chunk.length) parts.push(chunk.subarray(from));
    });
  }

  #receive(message: Message): void {
    if (message.id !== undefined) return this.#answer(message.id, message);
    const target = message.params?.sessionId ?? "";
    if (message.method === "Target.attachedToTarget") this.#sessions.set(target, new Session(this, target));
    if (message.method === "Target.detachedFromTarget") this.#sessions.delete(target);
    const session = message.sessionId === undefined ? this.#root : this.#sessions.get(message.sessionId);
    session?.emit(message.method ?? "", message.params);
  }

  #answer(id: number, { error, result }: Message): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`${waiting.method}: ${error.message} ${error.data ?? ""}`.trimEnd()));
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const { method, reject } of this.#waiting.values()) reject(new Error(`${method}: Chromium is gone`));
    this.#waiting.clear();
    this.#onClosed();
  }
}
