import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the proxy answers by itself instead of asking the server. */
export type Instead = { status: number; body: object | string; type?: string };

/** An HTTP proxy in front of one server, which tells what was asked and may answer itself. */
export type HttpProxy = {
  readonly url: string;
  /** Decides about each request; undefined passes it on. To begin with, all are passed on. */
  instead: (method: string, url: URL) => Instead | Promise<Instead> | undefined;
  /** Every request so far, passed on or not: `GET /_matrix/client/versions`. */
  readonly asked: readonly { readonly method: string; readonly url: URL }[];
  close(): Promise<void>;
};

/** Starts one on 127.0.0.1. */
export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const asked: { method: string; url: URL }[] = [];
  const server = createServer((near, answer) => {
    const url = new URL(near.url ?? "/", proxy.url);
    const method = near.method ?? "GET";
    asked.push({ method, url });
    const own = proxy.instead(method, url);
    if (own) {
      near.resume();
      void Promise.resolve(own).then((reply) => send(answer, reply));
      return;
    }
    const far = request(new URL(near.url ?? "/", target), { method, headers: near.headers });
    far.on("response", (reply: IncomingMessage) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    far.on("error", () => answer.destroy());
    answer.on("close", () => far.destroy());
    near.pipe(far);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: HttpProxy = {
    // A TCP server's address is never a string.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    instead: () => undefined,
    asked,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return proxy;
}

function send(answer: ServerResponse, { status, body, type }: Instead): void {
  const json = typeof body !== "string";
  answer.writeHead(status, { "content-type": type ?? (json ? "application/json" : "text/plain") });
  answer.end(json ? JSON.stringify(body) : body);
}
