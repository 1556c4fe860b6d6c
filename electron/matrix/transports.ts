import { ClientPrefix, MatrixError, Method, type IRequestOpts, type MatrixClient } from "matrix-js-sdk";
import * as v from "valibot";

import type { LivekitRequest } from "../rtc/ports.ts";
import { REQUEST } from "./ask.ts";

// The type wants a DOM option that is optional there.
const UNSTABLE = { prefix: ClientPrefix.Unstable } as IRequestOpts;
const TRANSPORTS = "/org.matrix.msc4143/rtc/transports";
const answer = v.looseObject({
  rtc_transports: v.optional(v.array(v.unknown())),
  transports: v.optional(v.array(v.unknown())),
});
const wellKnown = v.looseObject({ "org.matrix.msc4143.rtc_foci": v.optional(v.array(v.unknown())) });

/** What the homeserver offers for calls: its endpoint (MSC4143/4519), then its `.well-known`. Unparsed, best first. */
export async function rtcTransports(client: MatrixClient): Promise<readonly unknown[]> {
  const listed = await fromEndpoint(client);
  return listed.length > 0 ? listed : fromWellKnown(client);
}

async function fromEndpoint(client: MatrixClient): Promise<readonly unknown[]> {
  try {
    const body = await client.http.authedRequest(Method.Get, TRANSPORTS, undefined, undefined, UNSTABLE);
    // Synapse answers `{}` where none is configured; the text says `transports`, Synapse `rtc_transports`.
    return v.is(answer, body) ? (body.rtc_transports ?? body.transports ?? []) : [];
  } catch (error) {
    if (error instanceof MatrixError && error.httpStatus === 404) return [];
    throw error;
  }
}

async function fromWellKnown(client: MatrixClient): Promise<readonly unknown[]> {
  const body = await client.waitForClientWellKnown();
  return v.is(wellKnown, body) ? (body["org.matrix.msc4143.rtc_foci"] ?? []) : [];
}

const UNSTABLE_LIVEKIT = "/_matrix/client/unstable/io.element.msc4195";

/** Asks the homeserver's MSC4195 endpoints, by their unstable name first. */
export async function livekitRequest(
  client: MatrixClient,
  request: LivekitRequest,
  body: object,
): Promise<unknown> {
  const post = (prefix: string): Promise<unknown> =>
    client.http.authedRequest(Method.Post, `/rtc/livekit/${request}`, undefined, body, {
      ...REQUEST,
      prefix,
    });
  return post(UNSTABLE_LIVEKIT).catch((error: unknown) => {
    const unknown = error instanceof MatrixError && error.errcode === "M_UNRECOGNIZED";
    if (unknown) return post(ClientPrefix.V1);
    throw error;
  });
}
