import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";

import { AppError } from "../../shared/errors.ts";
import { t } from "../../shared/messages/messages.ts";
import type { OpenExternal } from "../ports.ts";

const GIVE_UP_MS = 10 * 60_000;

/**
 * Single sign-on (`m.login.sso`) in the system browser: listens on a loopback port until the homeserver redirects the browser to it
 * with a login token. The path holds a secret, so that no other local program can bring a token of its own.
 * @returns the login token
 * @throws AppError `login-cancelled` when `signal` aborts or nobody comes back
 */
export async function signOn(
  homeserver: string,
  openExternal: OpenExternal,
  signal: AbortSignal,
): Promise<string> {
  const path = `/${randomBytes(16).toString("base64url")}`;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
    const token = url.pathname === path ? url.searchParams.get("loginToken") : null;
    response.writeHead(token ? 200 : 404, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "cache-control": "no-store",
      connection: "close",
    });
    response.end(token ? page(t("sso.done")) : "");
    if (token) resolve(token);
  });
  const cancel = () => reject(new AppError("login-cancelled"));
  // It may be cancelled before anybody waits for it.
  promise.catch(() => undefined);
  const timer = setTimeout(cancel, GIVE_UP_MS);
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const port = await listen(server);
    const redirect = `http://127.0.0.1:${port}${path}`;
    const asked = openExternal(
      `${homeserver}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(redirect)}`,
    );
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

const page = (text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Carillon</title>` +
  `<body style="font:16px system-ui;display:grid;place-items:center;height:90vh"><p>${text}</p></body></html>`;
