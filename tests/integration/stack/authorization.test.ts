import { ConnectionState, dispose, Room } from "@livekit/rtc-node";
import { RoomServiceClient, TokenVerifier } from "livekit-server-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memberIdentity, sfuRoomName } from "../../stack/authorization/identity.ts";
import { type AuthorizationServer, startAuthorizationServer } from "../../stack/authorization/server.ts";
import { freePort } from "../../stack/ports.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { type Person, signUp } from "../../support/people.ts";
import { ask, type LegacyBody, legacyBody, type MemberBody, memberBody } from "./ask.ts";

let stack: Stack;
let alice: Person;
let bob: Person;
/** The same service for a homeserver whose users have no full access. */
let restricted: AuthorizationServer;
let rooms: RoomServiceClient;

beforeAll(async () => {
  stack = await startStack();
  [alice, bob] = await Promise.all([signUp(stack.homeserver, "alice"), signUp(stack.homeserver, "bob")]);
  rooms = new RoomServiceClient(stack.sfu.apiUrl, stack.sfu.key, stack.sfu.secret);
  restricted = await startAuthorizationServer(await freePort(), {
    sfu: stack.sfu,
    directory: () => stack.homeserver.directUrl,
    fullAccess: () => false,
  });
});

afterAll(async () => {
  await restricted?.kill();
  await stack?.stop();
  await dispose();
});

/** The text at a place of an answer. */
function text(body: Record<string, unknown>, key: string): string {
  const value = body[key];
  if (typeof value !== "string") throw new Error(`no ${key} in ${JSON.stringify(body)}`);
  return value;
}

async function identityOnTheSfu(url: string, jwt: string): Promise<string | undefined> {
  const room = new Room();
  await room.connect(url, jwt, { autoSubscribe: false, dynacast: false });
  expect(room.connectionState).toBe(ConnectionState.CONN_CONNECTED);
  const identity = room.localParticipant?.identity;
  await room.disconnect();
  return identity;
}

test("the legacy request gives a token with which LiveKit admits user and device", async () => {
  const { status, body } = await ask(stack.authorization.url, "/sfu/get", await legacyBody(alice, "!a:hs"));
  expect(status).toBe(200);
  const jwt = text(body, "jwt");
  const claims = await new TokenVerifier(stack.sfu.key, stack.sfu.secret).verify(jwt);
  expect(claims.video).toEqual({
    room: sfuRoomName("!a:hs", "m.call#ROOM"),
    roomJoin: true,
    roomCreate: false,
    canPublish: true,
    canSubscribe: true,
    canUpdateOwnMetadata: false,
    hidden: false,
  });
  expect((claims.exp ?? 0) - (claims.nbf ?? 0)).toBe(3600);
  expect(await identityOnTheSfu(text(body, "url"), jwt)).toBe(`${alice.userId}:${alice.deviceId}`);
});

test("the newer request gives a token with which LiveKit admits the hashed member to the same room", async () => {
  const { status, body } = await ask(stack.authorization.url, "/get_token", await memberBody(alice, "!a:hs"));
  expect(status).toBe(200);
  const jwt = text(body, "jwt");
  const claims = await new TokenVerifier(stack.sfu.key, stack.sfu.secret).verify(jwt);
  expect(claims.video?.room).toBe(sfuRoomName("!a:hs", "m.call#ROOM"));
  expect(await identityOnTheSfu(text(body, "url"), jwt)).toBe(
    memberIdentity(alice.userId, alice.deviceId, "member1"),
  );
});

test("the room on the SFU is made by the service and outlives an empty moment", async () => {
  await ask(stack.authorization.url, "/sfu/get", await legacyBody(alice, "!made:hs"));
  const [room] = await rooms.listRooms([sfuRoomName("!made:hs", "m.call#ROOM")]);
  expect(room).toMatchObject({ emptyTimeout: 300, departureTimeout: 20, maxParticipants: 0 });
});

test("a user without full access gets a token and no room", async () => {
  const { status, body } = await ask(restricted.url, "/sfu/get", await legacyBody(alice, "!foreign:hs"));
  expect(status).toBe(200);
  expect(await rooms.listRooms([sfuRoomName("!foreign:hs", "m.call#ROOM")])).toEqual([]);
  const room = new Room();
  await expect(room.connect(text(body, "url"), text(body, "jwt"))).rejects.toThrow();

  await ask(stack.authorization.url, "/sfu/get", await legacyBody(bob, "!foreign:hs"));
  expect(await identityOnTheSfu(text(body, "url"), text(body, "jwt"))).toBe(
    `${alice.userId}:${alice.deviceId}`,
  );
});

function without(body: object, key: string): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== key));
}

type Spoil<Body> = (body: Body) => unknown;

describe("a legacy request is refused", () => {
  const cases: [string, number, string, Spoil<LegacyBody>][] = [
    ["when it is not JSON", 400, "M_NOT_JSON", () => "{"],
    ["when it is an array", 400, "M_NOT_JSON", () => []],
    ["when a field is unknown", 400, "M_NOT_JSON", (body) => ({ ...body, extra: 1 })],
    ["when a field has the wrong type", 400, "M_NOT_JSON", (body) => ({ ...body, device_id: 7 })],
    ["when the room is missing", 400, "M_BAD_JSON", (body) => without(body, "room")],
    ["when the device is empty", 400, "M_BAD_JSON", (body) => ({ ...body, device_id: "" })],
    ["when the OpenID token is missing", 400, "M_BAD_JSON", (body) => without(body, "openid_token")],
    ["when a delay has no length", 400, "M_BAD_JSON", (body) => ({ ...body, delay_id: "syd_x" })],
    ["when a delay has no id", 400, "M_BAD_JSON", (body) => ({ ...body, delay_timeout: 1_000 })],
    [
      "when the OpenID token is invented",
      401,
      "M_UNAUTHORIZED",
      (body) => ({ ...body, openid_token: { ...body.openid_token, access_token: "invented" } }),
    ],
    [
      "when the OpenID token names a homeserver that nobody knows",
      401,
      "M_UNAUTHORIZED",
      (body) => ({ ...body, openid_token: { ...body.openid_token, matrix_server_name: "elsewhere" } }),
    ],
  ];
  test.each(cases)("%s: %i %s", async (_, status, errcode, spoil) => {
    const body = spoil(await legacyBody(alice, "!a:hs"));
    const answer = await ask(stack.authorization.url, "/sfu/get", body);
    expect([answer.status, answer.body["errcode"]]).toEqual([status, errcode]);
  });
});

describe("a newer request is refused", () => {
  const cases: [string, string, number, string, Spoil<MemberBody>][] = [
    ["/get_token", "when a field is unknown", 400, "M_NOT_JSON", (body) => ({ ...body, room: "!a:hs" })],
    ["/get_token", "when the slot is missing", 400, "M_BAD_JSON", (body) => without(body, "slot_id")],
    [
      "/get_token",
      "when the member's fields are incomplete",
      400,
      "M_BAD_JSON",
      (body) => ({ ...body, member: { id: "member1", claimed_user_id: alice.userId } }),
    ],
    [
      "/get_token",
      "when it claims to be another user",
      401,
      "M_UNAUTHORIZED",
      (body) => ({ ...body, member: { ...body.member, claimed_user_id: bob.userId } }),
    ],
    ["/delegate_delayed_leave", "when it names no delayed event", 400, "M_BAD_JSON", (body) => body],
    ["/delegate_delayed_leave", "as a probe without anything", 400, "M_BAD_JSON", () => ({})],
  ];
  test.each(cases)("%s %s: %i %s", async (path, _, status, errcode, spoil) => {
    const answer = await ask(stack.authorization.url, path, spoil(await memberBody(alice, "!a:hs")));
    expect([answer.status, answer.body["errcode"]]).toEqual([status, errcode]);
  });
});

test("a user without full access cannot delegate a leave", async () => {
  const delay = { delay_id: "syd_x", delay_timeout: 20_000 };
  const legacy = await ask(restricted.url, "/sfu/get", { ...(await legacyBody(alice, "!a:hs")), ...delay });
  expect([legacy.status, legacy.body["errcode"]]).toEqual([400, "M_BAD_JSON"]);
  const delegation = { ...(await memberBody(alice, "!a:hs")), ...delay };
  const answer = await ask(restricted.url, "/delegate_delayed_leave", delegation);
  expect([answer.status, answer.body["errcode"]]).toEqual([403, "M_FORBIDDEN"]);
});

test("the service says whose fault it is when a server behind it is down", async () => {
  const body = await legacyBody(alice, "!a:hs");
  await stack.sfu.kill();
  const withoutSfu = await ask(stack.authorization.url, "/sfu/get", body);
  expect([withoutSfu.status, withoutSfu.body["errcode"]]).toEqual([500, "M_UNKNOWN"]);
  await stack.sfu.start();
  await stack.homeserver.kill();
  const withoutHomeserver = await ask(stack.authorization.url, "/sfu/get", body);
  expect([withoutHomeserver.status, withoutHomeserver.body["errcode"]]).toEqual([503, "M_UNKNOWN"]);
  await stack.homeserver.start();
  expect((await ask(stack.authorization.url, "/sfu/get", await legacyBody(alice, "!a:hs"))).status).toBe(200);
});

test("a web page of any origin may ask, by POST", async () => {
  const preflight = await fetch(`${stack.authorization.url}/sfu/get`, { method: "OPTIONS" });
  expect(preflight.status).toBe(200);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-methods")).toBe("POST, OPTIONS");
  expect((await fetch(`${stack.authorization.url}/sfu/get`)).status).toBe(405);
  const refused = await ask(stack.authorization.url, "/sfu/get", "{");
  expect(refused.headers.get("access-control-allow-origin")).toBe("*");
});

test("the service answers its health check and no path that it does not know", async () => {
  expect((await fetch(`${stack.authorization.url}/healthz`)).status).toBe(200);
  expect((await ask(stack.authorization.url, "/other", {})).status).toBe(404);
});

test("a webhook that the SFU did not sign is refused", async () => {
  const answer = await ask(stack.authorization.url, "/sfu_webhook", { event: "participant_left" });
  expect([answer.status, answer.body["errcode"]]).toEqual([401, "M_UNAUTHORIZED"]);
});
