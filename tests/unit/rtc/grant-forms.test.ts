import { expect, test } from "vitest";

import { RtcRequestError } from "../../../electron/rtc/ports.ts";
import { identityIn } from "../../../electron/rtc/grant-answer.ts";
import { ALICE, ROOM } from "./call-world.ts";
import { GrantWorld, jwtOf, LEGACY, OWN, service, SFU, STICKY, THEIRS } from "./grant-world.ts";

const granted = (answer: unknown): string | null =>
  typeof answer === "object" && answer !== null && "token" in answer
    ? identityIn({ url: "", token: String(answer.token) })
    : null;

test.each([
  [LEGACY, ["/sfu/get"]],
  [STICKY, ["/get_token"]],
] as const)("each form is let in by its own request, on any SFU: $form", async (self, paths) => {
  const world = new GrantWorld();
  for (const transport of [OWN, THEIRS]) {
    world.asked.length = 0;
    expect(granted(await world.get(transport, self))).toBe(self.identity);
    expect(world.urls).toEqual(paths.map((path) => `${transport}${path}`));
  }
});

test.each([
  [LEGACY, "/get_token"],
  [STICKY, "/sfu/get"],
] as const)(
  "to listen the other request will do, where we publish it will not: $form",
  async (self, only) => {
    const world = new GrantWorld();
    world.services.set(OWN, service([only]));
    world.services.set(THEIRS, service([only]));
    expect(granted(await world.get(THEIRS, self))).toBeTypeOf("string");
    expect(await world.get(OWN, self)).toEqual({ code: "grant-mismatch" });
  },
);

test("a service that names us right by the other request is believed by its grant", async () => {
  const world = new GrantWorld();
  world.services.set(OWN, (path) =>
    path === "/get_token"
      ? Response.json({ url: SFU, jwt: jwtOf(LEGACY.identity) })
      : new Response("", { status: 404 }),
  );
  expect(granted(await world.get(OWN, LEGACY))).toBe(LEGACY.identity);
});

test("a grant is kept for the self that it was given to, and for no other", async () => {
  const world = new GrantWorld();
  await world.get(OWN, LEGACY);
  expect(granted(await world.get(OWN, STICKY))).toBe(STICKY.identity);
  expect(granted(await world.get(OWN, LEGACY))).toBe(LEGACY.identity);
  expect(world.urls).toEqual([`${OWN}/sfu/get`, `${OWN}/get_token`]);
});

test("our homeserver is asked before our service, where it has the endpoints and names us right", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = () => ({ jwt: jwtOf(STICKY.identity) });
  expect(await world.get(OWN, STICKY)).toEqual({ url: SFU, token: jwtOf(STICKY.identity) });
  expect(world.asked).toEqual([]);
  const body = { url: SFU, room_id: ROOM, slot_id: "m.call#ROOM" };
  expect(world.matrix.livekitRequests).toEqual([
    { request: "get_token", body: { ...body, member: { id: "random", claimed_device_id: "A" } } },
  ]);
});

test("a homeserver that names us otherwise is passed over", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = () => ({ jwt: jwtOf("somebody else") });
  expect(granted(await world.get(OWN, STICKY))).toBe(STICKY.identity);
  expect(world.urls).toEqual([`${OWN}/get_token`]);
});

test("our legacy name is one that no homeserver gives: it is not asked", async () => {
  const world = new GrantWorld();
  await world.get(OWN, LEGACY);
  expect(world.matrix.livekitRequests).toEqual([]);
});

test("a homeserver without endpoints is not asked again for an hour", async () => {
  const world = new GrantWorld();
  await world.get(OWN, STICKY);
  await world.get(OWN, STICKY, { fresh: true });
  expect(world.matrix.livekitRequests).toHaveLength(1);
  await world.clock.advance(3_600_000);
  await world.get(OWN, STICKY);
  expect(world.matrix.livekitRequests).toHaveLength(2);
});

test("a homeserver that does not answer holds up our service by 4 s at most", async () => {
  const world = new GrantWorld();
  world.matrix.livekit = () => new Promise(() => {});
  const before = world.clock.now();
  expect(granted(await world.get(OWN, STICKY))).toBe(STICKY.identity);
  expect(world.clock.now() - before).toBeLessThanOrEqual(4_100);
});

test("a homeserver that wants the member's bare id is told so, from then on at once", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = (body) => {
    if (!("member_id" in body)) throw new RtcRequestError("refused", "400 M_BAD_JSON");
    return { jwt: jwtOf(STICKY.identity) };
  };
  await world.get(OWN, STICKY);
  await world.get(OWN, STICKY, { fresh: true });
  expect(world.matrix.livekitRequests.map(({ body }) => "member_id" in body)).toEqual([false, true, true]);
  expect(world.asked).toEqual([]);
});

test.each([LEGACY, STICKY])(
  "an SFU without a service is asked of its homeserver through ours: $form",
  async (self) => {
    const world = new GrantWorld();
    world.matrix.answerLivekit = () => ({ jwt: "theirs" });
    expect(await world.get("wss://sfu.other#other", self)).toEqual({
      url: "wss://sfu.other",
      token: "theirs",
    });
    expect(world.matrix.livekitRequests[0]?.body).toMatchObject({
      server_name: "other",
      url: "wss://sfu.other",
    });
    expect(world.asked).toEqual([]);
  },
);

test("an SFU of our own homeserver needs no other's word", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = () => ({ jwt: "ours" });
  await world.get("wss://sfu2.hs#hs", LEGACY);
  expect(world.matrix.livekitRequests[0]?.body).not.toHaveProperty("server_name");
  expect(ALICE.endsWith(":hs")).toBe(true);
});

test.each([
  ["has no endpoints", new RtcRequestError("unsupported", "404"), "grant-refused"],
  ["says no", new RtcRequestError("forbidden", "403"), "grant-refused"],
  ["takes neither body", new RtcRequestError("refused", "400"), "grant-refused"],
  ["cannot reach the other one", new RtcRequestError("offline", "502"), "offline"],
  ["is busy", new RtcRequestError("rate-limited", "429"), "rate-limited"],
] as const)("without a service, a homeserver that %s ends it", async (_, error, code) => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = () => {
    throw error;
  };
  expect(await world.get("wss://sfu.other#other", STICKY)).toEqual({ code });
});

test.each([{}, { jwt: 7 }, { jwt: "" }, null, "jwt"])(
  "a homeserver that answers %j gives no leave",
  async (answer) => {
    const world = new GrantWorld();
    world.matrix.answerLivekit = () => answer;
    expect(await world.get("wss://sfu.other#other", STICKY)).toEqual({ code: "grant-refused" });
  },
);

test("a service that never answers holds up no other", async () => {
  const world = new GrantWorld();
  world.services.set(THEIRS, () => new Promise(() => {}));
  const slow = world.grants.get(ROOM, THEIRS, LEGACY, { own: false, fresh: false });
  const before = world.clock.now();
  const late = slow.catch((error: unknown) => error);
  expect(granted(await world.get(OWN, LEGACY))).toBe(LEGACY.identity);
  expect(world.clock.now() - before).toBeLessThanOrEqual(1_000);
  await world.clock.advance(15_000);
  expect(await late).toMatchObject({ code: "grant-unreachable" });
});

test("a call whose homeserver is silent still knows where its own SFU is", async () => {
  const world = new GrantWorld();
  await world.outcome(world.transport.get());
  await world.clock.advance(5 * 60_000);
  await world.get(OWN, LEGACY);
  await world.clock.advance(6 * 60_000);
  world.matrix.network = "refused";
  expect(await world.outcome(world.transport.get())).toBe(OWN);
  expect(granted(await world.get(OWN, LEGACY, { fresh: true }))).toBe(LEGACY.identity);
  expect(await world.delegate(LEGACY)).toBe("taken");
});

test("a member who names another service all the time makes us ask thirty a minute, and holds up neither ours nor the known", async () => {
  const world = new GrantWorld();
  expect(granted(await world.get(THEIRS, LEGACY))).toBe(LEGACY.identity);
  const many = Array.from({ length: 80 }, (_, at) => `https://jwt${at}.other`);
  for (const url of many) world.services.set(url, service());
  const at = world.clock.now();
  for (const url of many.slice(0, 29)) expect(granted(await world.get(url, LEGACY))).toBe(LEGACY.identity);
  const before = [world.tokens, world.asked.length];
  for (const url of many.slice(29)) expect(await world.get(url, LEGACY)).toEqual({ code: "rate-limited" });
  expect([world.tokens, world.asked.length]).toEqual(before);
  expect(granted(await world.get(OWN, LEGACY))).toBe(LEGACY.identity);
  expect(granted(await world.get(THEIRS, LEGACY, { fresh: true }))).toBe(LEGACY.identity);
  // All of it in one minute; the next have their turn after it.
  expect(world.clock.now() - at).toBeLessThan(60_000);
  await world.clock.advance(60_000);
  expect(granted(await world.get(many.at(-1) ?? "", LEGACY))).toBe(LEGACY.identity);
});
