import { createServer, type Server } from "node:http";

import { AppError } from "../../shared/errors.ts";
import { t } from "../../shared/messages/messages.ts";
import type { OpenExternal } from "../ports.ts";

const GIVE_UP_MS = 10 * 60_000;

export interface Journey<T> {
  /** Where on the loopback the browser comes back, such as `/back`. */
  readonly path: string;
  /** The page to open, from the address at which the browser is to come back. */
  readonly page: (redirect: string) => string | Promise<string>;
  /** What the browser brought, or null where that was not ours. */
  readonly read: (query: URLSearchParams) => T | null;
}

/**
 * Opens the system browser and listens on a loopback port until it comes back (RFC 8252).
 * @throws AppError `login-cancelled` when `signal` aborts or nobody comes back
 */
export async function throughBrowser<T>(
  { path, page, read }: Journey<T>,
  openExternal: OpenExternal,
  signal: AbortSignal,
): Promise<T> {
  if (signal.aborted) throw new AppError("login-cancelled");
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const server = createServer((incoming, response) => {
    // Any local program may ask for anything, such as `//`.
    const url = URL.parse(incoming.url ?? "/", "http://127.0.0.1");
    const brought = url?.pathname === path ? read(url.searchParams) : null;
    response.writeHead(brought === null ? 404 : 200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "cache-control": "no-store",
      connection: "close",
    });
    response.end(brought === null ? "" : html(t("sso.done")));
    if (brought !== null) resolve(brought);
  });
  const cancel = () => reject(new AppError("login-cancelled"));
  // It may be cancelled before anybody waits for it.
  promise.catch(() => undefined);
  const timer = setTimeout(cancel, GIVE_UP_MS);
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const port = await listen(server);
    const url = await page(`http://127.0.0.1:${port}${path}`);
    if (signal.aborted) throw new AppError("login-cancelled");
    const asked = openExternal(url);
    // What opens the browser may take its time, or say that there is none.
    return await Promise.race([promise, asked.then(() => promise)]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
    server.close();
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address && typeof address === "object") resolve(address.port);
    });
  });
}

const html = (text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Carillon</title>` +
  `<body style="font:16px system-ui;display:grid;place-items:center;height:90vh"><p>${text}</p></body></html>`;
