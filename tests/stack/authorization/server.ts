import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { Failure } from "./failure.ts";
import { type AuthorizationOptions, authorizationService, type Route } from "./service.ts";

/** The authorization service as an HTTP server of this process. */
export type AuthorizationServer = {
  url: string;
  /** Stops listening and cuts all connections; delegated leaves are forgotten. */
  kill(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
};

const bodyLimit = 64 * 1024;

/** Listens on 127.0.0.1 at `port`. */
export async function startAuthorizationServer(
  port: number,
  options: AuthorizationOptions,
): Promise<AuthorizationServer> {
  let service = authorizationService(options);
  const http = createServer((request, response) => void answer(request, response, service.routes));
  const server: AuthorizationServer = {
    url: `http://127.0.0.1:${port}`,
    async start() {
      service = authorizationService(options);
      http.listen(port, "127.0.0.1");
      await once(http, "listening");
    },
    async kill() {
      service.close();
      if (!http.listening) return;
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
  await server.start();
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
): Promise<void> {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-methods", "POST, OPTIONS");
  response.setHeader("access-control-allow-headers", "accept, content-type, content-length, authorization");
  try {
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
    if (path === "/healthz" && request.method === "GET") return send(response, 200, {});
    const route = routes.get(path);
    if (!route) throw new Failure(404, "M_UNRECOGNIZED", "no such request");
    if (request.method === "OPTIONS") return send(response, 200, {});
    if (request.method !== "POST") throw new Failure(405, "M_UNRECOGNIZED", "POST only");
    send(response, 200, await route(await bodyOf(request), request.headers));
  } catch (error) {
    if (error instanceof Failure)
      send(response, error.status, { errcode: error.errcode, error: error.message });
    else send(response, 500, { errcode: "M_UNKNOWN", error: String(error) });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    // An IncomingMessage without an encoding yields buffers.
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > bodyLimit) throw new Failure(413, "M_TOO_LARGE", "the body is too large");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
