import type { IncomingHttpHeaders } from "node:http";
import * as v from "valibot";
import { Failure } from "./failure.ts";
import { memberIdentity, sfuRoomName, textIdentity } from "./identity.ts";
import { read, text } from "./requests.ts";

/** The homeserver that proxies MSC4195's endpoints to the authorization service as its application service (MSC4512). */
export type HomeserverSide = {
  /** Its address for clients. */
  url: string;
  serverName: string;
  /** With which the service asks the homeserver, and the other way round. */
  asToken: string;
  hsToken: string;
  /** How requests have to name the member: as matrix-js-sdk does, or as MSC4195's text. */
  naming: "member" | "member_id";
};

/** What a proxied request asks for. */
export type ProxiedRequest = {
  userId: string;
  /** Of another homeserver, whose SFU it is for. */
  serverName: string | undefined;
  sfuUrl: string;
  roomId: string;
  place: { sfuRoom: string; identity: string };
  delayId: string | undefined;
  /** The body as it came, for another homeserver. */
  raw: Record<string, unknown>;
};

const common = {
  server_name: v.optional(text),
  url: text,
  room_id: text,
  slot_id: text,
  delay_id: v.optional(text),
  /** In requests of other homeservers. */
  user_id: v.optional(text),
};
const bodies = {
  member: v.strictObject({
    ...common,
    member: v.strictObject({ id: text, claimed_device_id: v.optional(text) }),
  }),
  member_id: v.strictObject({ ...common, member_id: text }),
};

/** Reads a request that the homeserver passed on for one of its users, or for another homeserver's. Throws a `Failure`. */
export function readProxied(
  side: HomeserverSide,
  body: string,
  headers: IncomingHttpHeaders,
): ProxiedRequest {
  if (headers.authorization !== `Bearer ${side.hsToken}`)
    throw new Failure(403, "M_FORBIDDEN", "this is for the homeserver alone");
  const request = side.naming === "member" ? read(bodies.member, body) : read(bodies.member_id, body);
  const userId = userOf(headers, request.user_id);
  const { url, room_id: roomId, slot_id: slotId } = request;
  const identity =
    "member_id" in request
      ? textIdentity(userId, request.member_id)
      : request.member.claimed_device_id === undefined
        ? textIdentity(userId, request.member.id)
        : memberIdentity(userId, request.member.claimed_device_id, request.member.id);
  return {
    userId,
    serverName: request.server_name === side.serverName ? undefined : request.server_name,
    sfuUrl: url,
    roomId,
    place: { sfuRoom: sfuRoomName(roomId, slotId), identity },
    delayId: request.delay_id,
    raw: request,
  };
}

/** Headers come from the homeserver: `X-Matrix-User-Identifier` for its own user, `X-Matrix-Origin` for another homeserver. */
function userOf(headers: IncomingHttpHeaders, claimed: string | undefined): string {
  const own = headers["x-matrix-user-identifier"];
  if (typeof own === "string") return own;
  const origin = headers["x-matrix-origin"];
  if (typeof origin === "string" && claimed?.endsWith(`:${origin}`)) return claimed;
  throw new Failure(403, "M_FORBIDDEN", "nobody's request");
}

const membership = v.object({ joined: v.boolean() });

/** Whether the user is in the room (MSC4502). */
export async function isJoined(side: HomeserverSide, roomId: string, userId: string): Promise<boolean> {
  const path = `/_matrix/client/unstable/io.element.msc4502/rooms/${encodeURIComponent(roomId)}/is_joined`;
  const url = new URL(path, side.url);
  url.searchParams.set("mxid", userId);
  const response = await fetch(url, { headers: { authorization: `Bearer ${side.asToken}` } });
  // A room that the homeserver does not know has no members.
  const answer = v.safeParse(membership, await response.json());
  return answer.success && answer.output.joined;
}

const passed = v.object({ status: v.number(), content: v.nullable(v.record(v.string(), v.unknown())) });

/** Asks another homeserver's service in the name of ours (MSC4512). Throws a `Failure`, theirs where they gave one. */
export async function askOther(
  side: HomeserverSide,
  destination: string,
  { userId, raw }: ProxiedRequest,
): Promise<object> {
  const { server_name: _, ...body } = raw;
  const response = await fetch(
    new URL("/_matrix/client/unstable/io.element.msc4512/appservice/fed_proxy", side.url),
    {
      method: "POST",
      headers: { authorization: `Bearer ${side.asToken}`, "content-type": "application/json" },
      body: JSON.stringify({
        destination,
        method: "POST",
        path: "/_matrix/federation/v1/rtc/livekit/get_token",
        body: { ...body, user_id: userId },
      }),
    },
  );
  const answer = v.safeParse(passed, await response.json());
  if (!answer.success) throw new Failure(502, "M_UNKNOWN", "the other homeserver does not answer");
  const { status, content } = answer.output;
  if (status === 200 && content) return content;
  if (status === 403) throw new Failure(403, "M_FORBIDDEN", "the other homeserver refuses");
  throw new Failure(502, "M_UNKNOWN", `the other homeserver answers ${status}`);
}
