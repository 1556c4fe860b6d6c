import * as v from "valibot";
import { Failure } from "./failure.ts";
import type { OpenIdToken } from "./requests.ts";

/** Where the homeserver of a server name answers; undefined for one that cannot be found. */
export type Directory = (serverName: string) => string | undefined;

const userInfo = v.object({ sub: v.string() });
const limitMs = 10_000;

/**
 * Asks the token's homeserver whose it is. Returns the user ID.
 * Throws a `Failure`: 401 M_UNAUTHORIZED, or 503 M_UNKNOWN when the homeserver does not say.
 */
export async function userOf(token: OpenIdToken, directory: Directory): Promise<string> {
  const refused = new Failure(401, "M_UNAUTHORIZED", "the OpenID token is not valid");
  const homeserver = directory(token.matrix_server_name);
  if (homeserver === undefined) throw refused;
  const url = new URL("/_matrix/federation/v1/openid/userinfo", homeserver);
  url.searchParams.set("access_token", token.access_token);
  const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) }).catch(() => undefined);
  if (!response || response.status >= 500)
    throw new Failure(503, "M_UNKNOWN", "the homeserver does not answer");
  if (!response.ok) throw refused;
  const info = v.safeParse(userInfo, await response.json());
  // A homeserver vouches for its own users alone.
  if (!info.success || !info.output.sub.endsWith(`:${token.matrix_server_name}`)) throw refused;
  return info.output.sub;
}

/** What came of acting on a delayed event. `gone`: it was sent or cancelled before. */
export type DelayedEventAnswer = "done" | "gone" | "unreachable";

/** Restarts or sends a delayed event (MSC4140). Whoever knows its id may. */
export async function actOnDelayedEvent(
  homeserver: string,
  delayId: string,
  action: "restart" | "send",
): Promise<DelayedEventAnswer> {
  const path = `/_matrix/client/unstable/org.matrix.msc4140/delayed_events/${encodeURIComponent(delayId)}/${action}`;
  const response = await fetch(new URL(path, homeserver), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(limitMs),
  }).catch(() => undefined);
  await response?.arrayBuffer();
  if (response?.ok) return "done";
  return response?.status === 404 ? "gone" : "unreachable";
}
