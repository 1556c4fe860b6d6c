import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import { isReady } from "./lifecycle.ts";
import { modelled } from "./modelled.ts";

type Handler = (request: Request) => Response | Promise<Response>;

export interface Privileges {
  standard?: boolean;
  secure?: boolean;
  supportFetchAPI?: boolean;
  stream?: boolean;
  codeCache?: boolean;
  corsEnabled?: boolean;
}

/**
 * Chromium shows no scheme of ours over the DevTools protocol, so `app://carillon/x` is `http://carillon.app.localhost/x`,
 * which a server of the stand-in answers: a stable and secure origin, with headers, streams and workers as written.
 */
const handlers = new Map<string, Handler | null>();
let server: Server | undefined;

/** @returns Chromium's rules that lead to the server */
export async function startSchemeServer(): Promise<string> {
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  return [...handlers.keys()].map((scheme) => `MAP *.${scheme}.localhost 127.0.0.1:${port}`).join(",");
}

export function stopSchemeServer(): void {
  server?.close();
}

/** `app://carillon/x` → what Chromium loads */
export function toChromium(url: string): string {
  const [, scheme = "", host, rest] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
  return handlers.has(scheme) ? `http://${host}.${scheme}.localhost${rest === "" ? "/" : rest}` : url;
}

/** What Chromium loaded → `app://carillon/x` */
export function fromChromium(url: string): string {
  const [, host, scheme = "", rest] =
    /^http:\/\/([^/?#]*)\.([a-z0-9+-]+)\.localhost(?=[/?#]|$)(.*)$/s.exec(url) ?? [];
  return handlers.has(scheme) ? `${scheme}://${host}${rest}` : url;
}

export function originOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/.exec(url)?.[0] ?? "null";
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = fromChromium(`http://${incoming.headers.host}${incoming.url}`);
  const handler = handlers.get(new URL(url).protocol.slice(0, -1));
  // Chromium asks for one unasked; Electron's windows do not.
  if (incoming.url === "/favicon.ico") return void outgoing.writeHead(204).end();
  if (!handler) return void outgoing.writeHead(404).end();
  const method = incoming.method ?? "GET";
  const body = method === "GET" || method === "HEAD" ? null : Readable.toWeb(incoming);
  // Node's headers and streams are the web's, but for their types.
  const init = { method, headers: incoming.headers, body, duplex: "half" } as unknown as RequestInit;
  try {
    const response = await handler(new Request(url, init));
    outgoing.writeHead(response.status, [...response.headers].flat());
    if (response.body === null) outgoing.end();
    else Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]).pipe(outgoing);
  } catch (error) {
    console.error(error);
    outgoing.writeHead(500).end();
  }
}

export const protocol = modelled("protocol", {
  registerSchemesAsPrivileged(schemes: { scheme: string; privileges?: Privileges }[]): void {
    if (isReady())
      throw new Error("protocol.registerSchemesAsPrivileged should be called before app is ready");
    for (const { scheme } of schemes) handlers.set(scheme, null);
  },
  handle(scheme: string, handler: Handler): void {
    if (!handlers.has(scheme)) throw new Error(`the stand-in serves privileged schemes only, not ${scheme}`);
    if (handlers.get(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    handlers.set(scheme, handler);
  },
  unhandle(scheme: string): void {
    handlers.set(scheme, null);
  },
  isProtocolHandled: (scheme: string): boolean => Boolean(handlers.get(scheme)),
});

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** Electron's fetch: Node's, and `file:` besides. */
export async function appFetch(input: string | Request, init?: RequestInit): Promise<Response> {
  const url = typeof input === "string" ? input : input.url;
  if (!url.startsWith("file:")) return fetch(input, init);
  const path = fileURLToPath(url);
  const file = createReadStream(path);
  await new Promise((resolve, reject) => file.once("open", resolve).once("error", reject)).catch(() => {
    throw new Error("net::ERR_FILE_NOT_FOUND");
  });
  const headers = { "content-type": types[extname(path)] ?? "application/octet-stream" };
  return new Response(Readable.toWeb(file) as unknown as ReadableStream, { headers });
}
