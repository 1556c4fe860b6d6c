import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./ports.ts";

/** A TCP proxy in front of one server, with the faults of networks. New ones pass everything on. */
export type FaultProxy = {
  /** The server's address with the proxy's port in it. */
  readonly url: string;
  readonly port: number;
  /** How many connections clients have open. */
  readonly connections: number;
  /** Ends every fault; bytes that were held back go on. */
  pass(): Promise<void>;
  /** Connections stay open and can be made, but no byte passes in either direction. */
  stall(): void;
  /** Connections that are open now stay so and carry nothing any more, as those of a machine that slept; new ones pass. */
  strand(): void;
  /** Each byte arrives this much later. */
  delay(ms: number): void;
  /** Open connections are reset; new ones pass. */
  reset(): void;
  /** Open connections are reset; what is first asked on a new one is answered with these bytes, and the connection ended. */
  answer(response: (request: string) => string): void;
  /** Open connections are reset, new ones refused. */
  refuse(): Promise<void>;
  close(): Promise<void>;
};

const heldBytesLimit = 1 << 20;

/** Starts a proxy on 127.0.0.1 in front of the server at `target`, for instance `http://127.0.0.1:8008`. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const to = new URL(target);
  const port = await freePort();
  let line = newLine();
  let canned: ((request: string) => string) | null = null;
  const sockets = new Set<Socket>();
  let clients = 0;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    clients++;
    near.on("close", () => clients--);
    if (canned !== null) {
      const answer = canned;
      near.on("error", () => undefined);
      near.once("data", (chunk) => {
        near.end(answer(chunk.toString()));
      });
      return;
    }
    const far = connect({ host: to.hostname, port: Number(to.port), allowHalfOpen: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.resetAndDestroy());
      socket.on("close", () => sockets.delete(socket));
      carry(socket, other, line);
    }
  });
  const listen = async (): Promise<void> => {
    if (server.listening) return;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const open = (): void => {
    canned = null;
    line.delayMs = 0;
    line.reopen();
  };
  const proxy: FaultProxy = {
    url: withPort(target, port),
    port,
    get connections() {
      return clients;
    },
    async pass() {
      open();
      await listen();
    },
    stall() {
      line.reopen();
      line.open = new Promise((resolve) => (line.reopen = resolve));
    },
    strand() {
      line.open = new Promise(() => undefined);
      line = newLine();
      // Nobody tells the other side, so whoever ends is done.
      for (const socket of sockets) socket.on("end", () => socket.destroy());
    },
    delay(ms) {
      line.delayMs = ms;
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    answer(response) {
      canned = response;
      proxy.reset();
    },
    async refuse() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      proxy.reset();
      open();
      await closed;
    },
    close: () => proxy.refuse(),
  };
  await listen();
  return proxy;
}

type Line = { delayMs: number; open: Promise<void>; reopen: () => void };
const newLine = (): Line => ({ delayMs: 0, open: Promise.resolve(), reopen: () => undefined });

// One direction of one connection: chunks in order, each not before its time and not while the line is stalled.
function carry(from: Socket, to: Socket, line: Line): void {
  const waiting: { chunk: Buffer | undefined; due: number }[] = [];
  let held = 0;
  let busy = false;

  async function drain(): Promise<void> {
    if (busy) return;
    busy = true;
    for (let next = waiting.shift(); next && !to.destroyed; next = waiting.shift()) {
      await line.open;
      const early = next.due - Date.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      if (next.chunk === undefined) to.end();
      else {
        held -= next.chunk.length;
        to.write(next.chunk);
      }
      if (held < heldBytesLimit && from.isPaused()) from.resume();
    }
    busy = false;
  }
  const take = (chunk: Buffer | undefined): void => {
    waiting.push({ chunk, due: Date.now() + line.delayMs });
    held += chunk?.length ?? 0;
    if (held >= heldBytesLimit) from.pause();
    void drain();
  };
  from.on("data", take);
  from.on("end", () => take(undefined));
}

// Not `new URL`: it would add a slash.
function withPort(url: string, port: number): string {
  return url.replace(/^(\w+:\/\/)[^/]*/, `$1127.0.0.1:${port}`);
}
