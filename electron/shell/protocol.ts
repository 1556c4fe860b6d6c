import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

import { protocol } from "electron";

import type { Picture } from "../matrix/avatars.ts";
import { SCHEME } from "./origin.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".mp3": "audio/mpeg",
  ".wav": "audio/wav",
};

const CSP =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "media-src 'self' blob: mediastream:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src ";
/** Only the call window may speak to anybody: to the SFUs that it has grants for. Plain ws and http only on this machine. */
const CALL_REACH =
  "'self' https: wss: http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*";

/** Must be said before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ]);
}

/** Serves the windows' files, and pictures at the paths that `avatarUrl` makes. */
export function serveScheme(folder: string, avatar: (path: string) => Promise<Picture | null>): void {
  protocol.handle(SCHEME, async ({ method, url }) => {
    if (method !== "GET") return refused(405);
    const { pathname } = new URL(url);
    try {
      return pathname.startsWith("/avatar/") ? picture(await avatar(pathname)) : await file(folder, pathname);
    } catch {
      // No such file, or a path that is none.
      return refused(404);
    }
  });
}

async function file(folder: string, pathname: string): Promise<Response> {
  const path = normalize(join(folder, decodeURIComponent(pathname)));
  const type = TYPES[extname(path)];
  if (!path.startsWith(folder + sep) || !type) return refused(404);
  const reach = pathname.startsWith("/call/") ? CALL_REACH : "'self'";
  return new Response(await readFile(path), {
    headers: {
      "content-type": type,
      "content-security-policy": CSP + reach,
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    },
  });
}

/** Somebody else's bytes: an image and nothing else. */
function picture(found: Picture | null): Response {
  if (!found) return refused(404);
  return new Response(found.bytes, {
    headers: {
      "content-type": found.type,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "max-age=86400",
    },
  });
}

const refused = (status: number) => new Response(null, { status });
