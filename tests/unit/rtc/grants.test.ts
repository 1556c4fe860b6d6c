import { expect, test } from "vitest";

import { codeOf, type ErrorCode } from "../../../shared/errors.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import { ALICE, BOB, CAROL, ROOM, World, type Phone } from "./call-world.ts";

const OWN = "https://sfu.hs";
const openid_token = {
  access_token: "openid-secret",
  token_type: "Bearer",
  matrix_server_name: "hs",
  expires_in: 3600,
};

/** What comes of a promise, as time passes; a failure as its code. */
async function outcome<T>(clock: FakeClock, promise: Promise<T>): Promise<T | { code: ErrorCode }> {
  let done = false;
  const settled = promise
    .catch((error: unknown) => ({ code: codeOf(error) }))
    .finally(() => {
      done = true;
    });
  await clock.until("an outcome", () => done);
  return settled;
}

const ask = (phone: Phone, transport: string, fresh = false) =>
  outcome(phone.world.clock, phone.rtc.grant({ room: ROOM, transport, fresh }));

/** Bob is in the call and publishes elsewhere. */
async function withBobOn(service: string, world = new World()) {
  const alice = world.person(ALICE, "A");
  world.server.transports = [{ type: "livekit", livekit_service_url: service }];
  await world.person(BOB, "B").joined();
  world.server.transports = [{ type: "livekit", livekit_service_url: OWN }];
  await world.clock.until("seen", () => alice.people.length === 1);
  return alice;
}

test("our own SFU is asked in the form of our membership", async () => {
  const alice = new World().person(ALICE, "A");
  expect(await ask(alice, OWN)).toEqual({ url: "wss://sfu.hs", token: "jwt-secret" });
  expect(alice.posts).toEqual([
    { url: `${OWN}/sfu/get`, body: { room: ROOM, openid_token, device_id: "A" } },
  ]);
});

test("the lobby's grant serves the click, until the SFU may have forgotten its room", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  alice.rtc.prepare(ROOM);
  alice.rtc.prepare(ROOM);
  await world.clock.advance(1_000);
  await alice.joined();
  await ask(alice, OWN);
  expect(alice.posts).toHaveLength(1);
  await ask(alice, OWN, true);
  expect(alice.posts).toHaveLength(2);
  await world.clock.advance(5 * 60_000);
  await ask(alice, OWN);
  expect(alice.posts).toHaveLength(3);
});

test("a grant that failed is not kept", async () => {
  const alice = new World().person(ALICE, "A");
  const right = alice.answer;
  alice.answer = () => new Response("", { status: 500 });
  expect(await ask(alice, OWN)).toEqual({ code: "grant-unreachable" });
  alice.answer = right;
  expect(await ask(alice, OWN)).toMatchObject({ token: "jwt-secret" });
});

test("a member's SFU is asked with our plain identity, then as MSC4195 has it", async () => {
  const alice = await withBobOn("https://other.hs/jwt");
  const right = alice.answer;
  alice.answer = (url) => (url.endsWith("/sfu/get") ? new Response("", { status: 404 }) : right(url));
  expect(await ask(alice, "https://other.hs/jwt")).toMatchObject({ token: "jwt-secret" });
  expect(alice.posts.map(({ url }) => url)).toEqual([
    "https://other.hs/jwt/sfu/get",
    "https://other.hs/jwt/get_token",
  ]);
  expect(alice.posts[1]?.body).toEqual({
    room_id: ROOM,
    slot_id: "m.call#ROOM",
    openid_token,
    member: { id: `${ALICE}:A`, claimed_user_id: ALICE, claimed_device_id: "A" },
  });
});

test("on our own SFU nobody but whom our membership names will do", async () => {
  const alice = new World().person(ALICE, "A");
  alice.answer = () => new Response("", { status: 404 });
  expect(await ask(alice, OWN)).toEqual({ code: "grant-refused" });
  const stranger = Buffer.from(JSON.stringify({ sub: "somebody else" })).toString("base64url");
  alice.answer = (url) =>
    url.endsWith("/sfu/get")
      ? new Response("", { status: 404 })
      : Response.json({ url: "wss://sfu.hs", jwt: `e30.${stranger}.x` });
  expect(await ask(alice, OWN)).toEqual({ code: "grant-mismatch" });
});

test("our token goes to no service that the call does not name", async () => {
  const alice = await withBobOn("https://other.hs");
  expect(await ask(alice, "https://third.hs")).toEqual({ code: "grant-refused" });
  expect(alice.posts).toEqual([]);
});

test("nobody's word sends our token to this machine", async () => {
  const alice = await withBobOn("http://localhost:8000");
  expect(await ask(alice, "http://localhost:8000")).toEqual({ code: "grant-refused" });
  expect(alice.posts).toEqual([]);
});

/** Bob names an SFU and no service, as MSC4195's text has it. */
async function withBobAt(url: string) {
  const world = new World();
  const alice = world.person(ALICE, "A");
  world.server.write(ROOM, BOB, "org.matrix.msc3401.call.member", `_${BOB}_B_m.call`, {
    application: "m.call",
    call_id: "",
    device_id: "B",
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [{ type: "m.livekit", url }],
  });
  await world.clock.until("seen", () => alice.people.length === 1);
  return alice;
}

test("an SFU that a member names without a service is asked for by the member's homeserver", async () => {
  const alice = await withBobAt("wss://sfu.other/");
  const { transport, known } = alice.session?.members[0] ?? {};
  expect([transport?.sfu, known]).toEqual([{ url: "wss://sfu.other", server: "hs" }, true]);
  alice.matrix.answerLivekit = () => ({ jwt: "jwt-secret" });
  expect(await ask(alice, "wss://sfu.other#hs")).toEqual({ url: "wss://sfu.other", token: "jwt-secret" });
  expect(await ask(alice, "wss://sfu.other#evil.hs")).toEqual({ code: "grant-refused" });
  expect(alice.matrix.livekitRequests).toHaveLength(1);
  expect(alice.posts).toEqual([]);
});

test("nobody's word connects us to an SFU on this machine", async () => {
  const alice = await withBobAt("ws://localhost:7880");
  alice.matrix.answerLivekit = () => ({ jwt: "jwt-secret" });
  expect(await ask(alice, "ws://localhost:7880#hs")).toEqual({ code: "grant-refused" });
  expect(alice.matrix.livekitRequests).toEqual([]);
});

const text =
  (body: string, status = 200) =>
  () =>
    new Response(body, { status });
test.each([
  ["says no", text('{"errcode":"M_UNAUTHORIZED"}', 401), "grant-refused"],
  ["is over its limit", text("", 429), "rate-limited"],
  ["is broken", text("", 503), "grant-unreachable"],
  ["is not there", () => Promise.reject(new TypeError("fetch failed")), "grant-unreachable"],
  ["answers something else", text("<html>"), "grant-refused"],
  ["answers another shape", text('{"url":7,"jwt":[]}'), "grant-refused"],
  ["names a page for an SFU", text('{"url":"https://sfu.hs","jwt":"x"}'), "grant-refused"],
  ["names an SFU in clear", text('{"url":"ws://sfu.hs","jwt":"x"}'), "grant-refused"],
  [
    "names an SFU that only seems to be this machine",
    text('{"url":"ws://localhost.hs","jwt":"x"}'),
    "grant-refused",
  ],
  ["answers without end", text(`{"url":"wss://sfu.hs","jwt":"${"x".repeat(1e6)}"}`), "grant-refused"],
])("a service that %s is answered in words for people", async (_, answer, code) => {
  const alice = new World().person(ALICE, "A");
  alice.answer = answer;
  expect(await ask(alice, OWN)).toEqual({ code });
});

test("a service that never answers is given up after 15 s", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  alice.answer = () => new Promise(() => {});
  const before = world.clock.now();
  expect(await ask(alice, OWN)).toEqual({ code: "grant-unreachable" });
  expect(world.clock.now() - before).toBeLessThanOrEqual(15_100);
});

test("without network it is said that it is the network", async () => {
  const alice = await withBobOn("https://other.hs");
  alice.matrix.network = "refused";
  expect(await ask(alice, "https://other.hs")).toEqual({ code: "offline" });
  expect(await outcome(alice.world.clock, alice.rtc.ownTransport(ROOM))).toEqual({ code: "offline" });
});

test("what the homeserver offers is asked for once, and again after it offered nothing", async () => {
  const world = new World();
  world.server.transports = [];
  const carol = world.person(CAROL, "C");
  expect(await outcome(world.clock, carol.rtc.ownTransport(ROOM))).toEqual({ code: "no-transport" });
  world.server.transports = [{ type: "livekit", livekit_service_url: OWN }];
  expect(await outcome(world.clock, carol.rtc.ownTransport(ROOM))).toBe(OWN);
  world.server.transports = [];
  expect(await outcome(world.clock, carol.rtc.ownTransport(ROOM))).toBe(OWN);
});
