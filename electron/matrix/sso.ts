import { randomBytes } from "node:crypto";

import type { OpenExternal } from "../ports.ts";
import { throughBrowser } from "./browser-return.ts";

/**
 * Single sign-on (`m.login.sso`) in the system browser, which the homeserver redirects to us with a login token. The path holds a
 * secret, so that no other local program can bring a token of its own.
 * @returns the login token
 * @throws AppError `login-cancelled`
 */
export const signOn = (
  homeserver: string,
  openExternal: OpenExternal,
  signal: AbortSignal,
): Promise<string> =>
  throughBrowser(
    {
      path: `/${randomBytes(16).toString("base64url")}`,
      page: (redirect) =>
        `${homeserver}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(redirect)}`,
      read: (query) => query.get("loginToken"),
    },
    openExternal,
    signal,
  );
