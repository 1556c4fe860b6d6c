import * as v from "valibot";

import { transport } from "../matrix/events.ts";

/** Where a member publishes. Kinds that we do not speak are kept, to be shown. */
export interface Transport {
  readonly type: string;
  /** URL of the MatrixRTC authorization service; null where it is missing, unsafe, or of another kind of transport. */
  readonly serviceUrl: string | null;
}

/** MSC4195, by its text and as deployed. */
const LIVEKIT: ReadonlySet<string> = new Set(["livekit", "m.livekit"]);

/** Null where it is no transport at all. */
export function parseTransport(raw: unknown): Transport | null {
  const parsed = v.safeParse(transport, raw);
  if (!parsed.success) return null;
  const { type, livekit_service_url: url } = parsed.output;
  return { type, serviceUrl: LIVEKIT.has(type) && url !== undefined ? safeServiceUrl(url) : null };
}

/** The first that we can publish on: of those that the homeserver lists, then the one that the user set. */
export function chooseTransport(listed: readonly unknown[], own: string | null): string | null {
  for (const raw of listed) {
    const url = parseTransport(raw)?.serviceUrl;
    if (url) return url;
  }
  return own === null ? null : safeServiceUrl(own);
}

const HOST = String.raw`[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]`;
const LOOPBACK = String.raw`localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]`;
const SERVICE = new RegExp(
  String.raw`^(https://(?:${HOST})|http://(?:${LOOPBACK}))(:\d{1,5})?(/[\w\-.~%!$&'()*+,;=:@/]*)?$`,
  "i",
);

/** HTTPS, or HTTP to this machine; no credentials, query or fragment. Without slashes at its end, so that equal services compare equal. */
export function safeServiceUrl(url: string): string | null {
  const match = url.length <= 1024 ? SERVICE.exec(url) : null;
  if (!match) return null;
  const [, origin = "", port = "", path = ""] = match;
  return `${origin.toLowerCase()}${port}${withoutSlashes(path)}`;
}

const LOOPBACK_URL = new RegExp(`^https?://(?:${LOOPBACK})(?:[:/]|$)`, "i");

export const isLoopback = (url: string): boolean => LOOPBACK_URL.test(url);

function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}
