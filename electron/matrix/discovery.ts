import * as v from "valibot";

import { AppError } from "../../shared/errors.ts";
import type { Homeserver } from "../../shared/ipc/contract.ts";
import { isLoopback } from "../../shared/rtc/transports.ts";
import { answerErrorCode, request, type Fetch } from "./http.ts";
import { authMetadata } from "./oauth.ts";

const wellKnown = v.looseObject({ "m.homeserver": v.looseObject({ base_url: v.string() }) });
const versions = v.looseObject({ versions: v.array(v.string()) });
const flows = v.looseObject({ flows: v.array(v.looseObject({ type: v.string() })) });

/**
 * The homeserver behind what a person typed: a server name, a URL or their user ID.
 * `.well-known/matrix/client` first, as the client-server API asks; then the name itself.
 * @throws AppError `server-unknown`, `server-not-matrix`, `offline`, `tls-failure`, `server-error`, `rate-limited`
 */
export async function discover(fetch: Fetch, typed: string): Promise<Homeserver> {
  const origin = originOf(typed);
  const url = await baseUrl(fetch, origin);

  const answer = await request(fetch, `${url}/_matrix/client/versions`);
  if (answer.status >= 500) throw new AppError("server-error");
  if (answer.status !== 200 || !v.is(versions, answer.body))
    throw new AppError("server-not-matrix", `versions: ${answer.status}`);

  const [login, metadata] = await Promise.all([
    request(fetch, `${url}/_matrix/client/v3/login`),
    authMetadata(fetch, url).catch(() => null),
  ]);
  const known = login.status === 200 && v.is(flows, login.body) ? login.body.flows : null;
  // Those that leave all sign-ins to OAuth may have no other way.
  if (!known && !metadata) {
    throw new AppError(
      login.status === 404 ? "login-unsupported" : answerErrorCode(login),
      `login flows: ${login.status}`,
    );
  }
  const offers = new Set(known?.map(({ type }) => type));
  return {
    url,
    name: origin.host,
    password: offers.has("m.login.password"),
    sso: offers.has("m.login.sso"),
    oauth: metadata !== null,
  };
}

/** `example.org`, `https://example.org/…`, `@alice:example.org`; plain http only for this machine. */
function originOf(typed: string): URL {
  const text = typed.trim();
  const name = text.startsWith("@") ? text.slice(text.indexOf(":") + 1) : text;
  const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(name);
  try {
    const url = new URL(/^https?:\/\//i.test(name) ? name : `${local ? "http" : "https"}://${name}`);
    if (!url.hostname || /\s/.test(name)) throw new TypeError("no host");
    if (url.protocol === "http:" && !isLoopback(url.href)) url.protocol = "https:";
    return url;
  } catch (cause) {
    throw new AppError("server-unknown", "not a server name", { cause });
  }
}

/** A missing or broken `.well-known` is no fault: many servers have none. A broken certificate is one. */
async function baseUrl(fetch: Fetch, origin: URL): Promise<string> {
  const { status, body } = await request(fetch, new URL("/.well-known/matrix/client", origin));
  if (status !== 200 || !v.is(wellKnown, body)) return origin.origin;
  try {
    const url = new URL(body["m.homeserver"].base_url);
    if (url.protocol !== "https:" && !isLoopback(url.href)) throw new TypeError("not https");
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  } catch (cause) {
    throw new AppError("server-not-matrix", "bad base_url in .well-known", { cause });
  }
}
