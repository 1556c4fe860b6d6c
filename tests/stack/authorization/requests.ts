import * as v from "valibot";
import { Failure } from "./failure.ts";
import { legacyIdentity, legacySlotId, memberIdentity, sfuRoomName } from "./identity.ts";

export const text = v.pipe(v.string(), v.minLength(1));

const openIdToken = v.strictObject({
  access_token: text,
  token_type: v.optional(v.string()),
  matrix_server_name: text,
  expires_in: v.optional(v.number()),
});

const delay = {
  delay_id: v.optional(text),
  delay_timeout: v.optional(v.number()),
  // Older services needed it; accepted and ignored, as the deployed one does.
  delay_cs_api_url: v.optional(v.string()),
};

const legacyRequest = v.strictObject({ room: text, openid_token: openIdToken, device_id: text, ...delay });

const memberRequest = v.strictObject({
  room_id: text,
  slot_id: text,
  openid_token: openIdToken,
  member: v.strictObject({ id: text, claimed_user_id: text, claimed_device_id: text }),
  ...delay,
});

export type OpenIdToken = v.InferOutput<typeof openIdToken>;

/** A delayed event that the service is asked to keep alive (MSC4140). */
export type Delegation = { delayId: string; timeoutMs: number };

/** What any of the three requests asks for. */
export type GrantRequest = {
  sfuRoom: string;
  openIdToken: OpenIdToken;
  /** The user that the request says it comes from; undefined where it does not say. */
  claimedUserId: string | undefined;
  /** The SFU identity, once the homeserver has said who the user is. */
  identityOf: (userId: string) => string;
  delegation: Delegation | undefined;
};

/** Reads the body of `/sfu/get`. Throws a `Failure` 400 M_NOT_JSON or M_BAD_JSON. */
export function readLegacyRequest(body: string): GrantRequest {
  const request = read(legacyRequest, body);
  return {
    sfuRoom: sfuRoomName(request.room, legacySlotId),
    openIdToken: request.openid_token,
    claimedUserId: undefined,
    identityOf: (userId) => legacyIdentity(userId, request.device_id),
    delegation: delegationOf(request),
  };
}

/** Reads the body of `/get_token` and `/delegate_delayed_leave`. Throws as `readLegacyRequest`. */
export function readMemberRequest(body: string): GrantRequest {
  const request = read(memberRequest, body);
  const { id, claimed_user_id, claimed_device_id } = request.member;
  return {
    sfuRoom: sfuRoomName(request.room_id, request.slot_id),
    openIdToken: request.openid_token,
    claimedUserId: claimed_user_id,
    identityOf: (userId) => memberIdentity(userId, claimed_device_id, id),
    delegation: delegationOf(request),
  };
}

function delegationOf(request: {
  delay_id?: string | undefined;
  delay_timeout?: number | undefined;
}): Delegation | undefined {
  const { delay_id: delayId, delay_timeout: timeoutMs } = request;
  if (delayId === undefined && timeoutMs === undefined) return undefined;
  if (delayId === undefined || timeoutMs === undefined || !(timeoutMs > 0))
    throw new Failure(400, "M_BAD_JSON", "delay_id and a positive delay_timeout come together");
  return { delayId, timeoutMs };
}

// As the deployed service: what does not decode (also an unknown field) is not JSON of ours; what decodes but
// lacks something is bad JSON.
export function read<S extends v.GenericSchema>(schema: S, body: string): v.InferOutput<S> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new Failure(400, "M_NOT_JSON", "the body is not JSON");
  }
  // Valibot takes an array for an object.
  if (Array.isArray(json)) throw new Failure(400, "M_NOT_JSON", "the body is no JSON object");
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? "body";
  const lacks =
    issue.type === "min_length" || (issue.type === "strict_object" && issue.received === "undefined");
  if (lacks) throw new Failure(400, "M_BAD_JSON", `${where} is missing`);
  throw new Failure(400, "M_NOT_JSON", `${where}: ${issue.message}`);
}
