import * as v from "valibot";

import { transport } from "../matrix/events.ts";

/** Where a member publishes. Kinds that we do not speak are kept, to be shown. */
export interface Transport {
  readonly type: string;
  /** URL of the MatrixRTC authorization service; null where it is missing, unsafe, or of another kind of transport. */
  readonly serviceUrl: string | null;
  /** Only where no service is named, as in MSC4195's text: the SFU itself, for which homeservers give leave. */
  readonly sfu?: Sfu;
}

/** An SFU by its websocket URL, and the homeserver of whoever named it, which answers for it. */
export interface Sfu {
  readonly url: string;
  readonly server: string;
}

/** MSC4195, by its text and as deployed. */
const LIVEKIT: ReadonlySet<string> = new Set(["livekit", "m.livekit"]);

/** Whether we speak this kind of transport; one of it may still be of no use. */
export const speaks = (type: string): boolean => LIVEKIT.has(type);

/** Null where it is no transport at all. `server`: of whoever names it. */
export function parseTransport(raw: unknown, server: string): Transport | null {
  const parsed = v.safeParse(transport, raw);
  if (!parsed.success) return null;
  const { type, livekit_service_url: service, url } = parsed.output;
  if (!speaks(type)) return { type, serviceUrl: null };
  const serviceUrl = service === undefined ? null : safeServiceUrl(service);
  const sfuUrl = service === undefined && url !== undefined ? safeSfuUrl(url) : null;
  return { type, serviceUrl, ...(sfuUrl !== null && { sfu: { url: sfuUrl, server } }) };
}

/**
 * What a transport is called by dials and grants: the URL of its service, or `wss://…#server` where only the SFU is named. The same
 * SFU named by people of two servers is two, since each server answers for its own. Null where we can use it in neither way.
 */
export function transportKey(of: Transport | null): string | null {
  if (of?.serviceUrl != null) return of.serviceUrl;
  return of?.sfu ? `${of.sfu.url}#${of.sfu.server}` : null;
}

/** The SFU of a key that names no service. */
export function sfuOfKey(key: string): Sfu | null {
  const end = key.indexOf("#");
  return end < 0 ? null : { url: key.slice(0, end), server: key.slice(end + 1) };
}

/** Where we publish. */
export interface OwnPlace {
  /** URL of the authorization service. */
  readonly serviceUrl: string;
  /** Websocket URL of its SFU, where the homeserver lists it. */
  readonly sfuUrl: string | null;
}

/** The first that we can publish on: of those that the homeserver lists, then the one that the user set. */
export function chooseTransport(listed: readonly unknown[], own: string | null): OwnPlace | null {
  for (const raw of listed) {
    const serviceUrl = parseTransport(raw, "")?.serviceUrl;
    if (serviceUrl == null) continue;
    const { url } = v.parse(transport, raw);
    return { serviceUrl, sfuUrl: url === undefined ? null : safeSfuUrl(url) };
  }
  const serviceUrl = own === null ? null : safeServiceUrl(own);
  return serviceUrl === null ? null : { serviceUrl, sfuUrl: null };
}

const HOST = String.raw`[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]`;
const LOOPBACK = String.raw`localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]`;
const place = (secure: string, clear: string): RegExp =>
  new RegExp(
    String.raw`^(${secure}://(?:${HOST})|${clear}://(?:${LOOPBACK}))(:\d{1,5})?(/[\w\-.~%!$&'()*+,;=:@/]*)?$`,
    "i",
  );
const SERVICE = place("https", "http");
const SFU = place("wss", "ws");

/** HTTPS, or HTTP to this machine; no credentials, query or fragment. Without slashes at its end, so that equal services compare equal. */
export const safeServiceUrl = (url: string): string | null => safeUrl(url, SERVICE, 1024);

/** The same of websockets; shorter, so that there is room for a server's name behind it. */
export const safeSfuUrl = (url: string): string | null => safeUrl(url, SFU, 768);

function safeUrl(url: string, pattern: RegExp, longest: number): string | null {
  const match = url.length <= longest ? pattern.exec(url) : null;
  if (!match) return null;
  const [, origin = "", port = "", path = ""] = match;
  return `${origin.toLowerCase()}${port}${withoutSlashes(path)}`;
}

const LOOPBACK_URL = new RegExp(`^(?:http|ws)s?://(?:${LOOPBACK})(?:[:/#]|$)`, "i");

export const isLoopback = (url: string): boolean => LOOPBACK_URL.test(url);

function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}
