import { expect, test } from "vitest";

import { RtcRequestError } from "../../../electron/rtc/ports.ts";
import { GrantWorld, jwtOf, LEGACY, OWN, service, SFU, STICKY, THEIRS } from "./grant-world.ts";

const tokenIn = (body: Record<string, unknown>): unknown => body["openid_token"];

test("each service has a token of its own, for up to ten minutes", async () => {
  const world = new GrantWorld();
  await world.get(OWN, LEGACY);
  await world.get(THEIRS, LEGACY);
  await world.get(OWN, LEGACY, { fresh: true });
  const [ours, theirs, again] = world.asked.map(({ body }) => tokenIn(body));
  expect(again).toEqual(ours);
  expect(theirs).not.toEqual(ours);
  await world.clock.advance(10 * 60_000);
  await world.get(OWN, LEGACY, { fresh: true });
  expect(world.tokens).toBe(3);
});

test("a service that knows our token no more gets another one at once", async () => {
  const world = new GrantWorld();
  await world.get(OWN, LEGACY);
  const right = service();
  world.services.set(OWN, (path, body) =>
    body.includes("openid-1") ? Response.json({}, { status: 401 }) : right(path, body),
  );
  expect(await world.get(OWN, LEGACY, { fresh: true })).toMatchObject({ url: SFU });
  expect(world.tokens).toBe(2);
});

test("a service that takes no token of ours is asked once a time, each time with a new one", async () => {
  const world = new GrantWorld();
  world.services.set(OWN, () => Response.json({}, { status: 401 }));
  expect(await world.get(OWN, LEGACY)).toEqual({ code: "grant-refused" });
  expect(await world.get(OWN, LEGACY)).toEqual({ code: "grant-refused" });
  expect([world.asked.length, world.tokens]).toEqual([2, 2]);
});

test("a token that is made to be short-lived is used for half of its life", async () => {
  const world = new GrantWorld();
  const make = world.matrix.openIdToken;
  world.matrix.openIdToken = async () => ({ ...(await make()), expires_in: 60 });
  await world.get(OWN, LEGACY);
  await world.clock.advance(31_000);
  await world.get(OWN, LEGACY, { fresh: true });
  expect(world.tokens).toBe(2);
});

const busy =
  (headers: Record<string, string>, body: object = {}, status = 429) =>
  () =>
    Response.json(body, { status, headers });
const seconds = (now: number, ms: number) => new Date(now + ms).toUTCString();

test.each([
  ["by a header in seconds", busy({ "retry-after": "30" }), 30_000],
  ["by a header with a date", null, 60_000],
  ["by Matrix's body", busy({}, { retry_after_ms: 20_000 }), 20_000],
  ["not at all", busy({}), 5_000],
  ["in words", busy({ "retry-after": "soon" }, { retry_after_ms: 7_000 }), 7_000],
  ["for a day", busy({ "retry-after": "86400" }), 300_000],
] as const)("a service that is busy, and says so %s, is left alone until then", async (_, answer, waitMs) => {
  const world = new GrantWorld();
  world.services.set(THEIRS, answer ?? busy({ "retry-after": seconds(world.clock.now(), 60_000) }));
  expect(await world.get(THEIRS, LEGACY)).toEqual({ code: "rate-limited" });
  world.services.set(THEIRS, service());
  await world.clock.advance(waitMs - 1_500);
  expect(await world.get(THEIRS, LEGACY)).toEqual({ code: "rate-limited" });
  expect(world.urls).toHaveLength(1);
  // Others are not asked to wait with it.
  expect(await world.get(OWN, LEGACY)).toMatchObject({ url: SFU });
  await world.clock.advance(1_500);
  expect(await world.get(THEIRS, LEGACY)).toMatchObject({ url: SFU });
});

test("a service that is down for maintenance is left alone for as long as it says, and is unreachable", async () => {
  const world = new GrantWorld();
  world.services.set(OWN, busy({ "retry-after": "10" }, {}, 503));
  expect(await world.get(OWN, LEGACY)).toEqual({ code: "grant-unreachable" });
  expect(await world.get(OWN, LEGACY)).toEqual({ code: "rate-limited" });
  expect(world.asked).toHaveLength(1);
});

test.each([
  ["wss://127.0.0.1/sfu", THEIRS, { code: "grant-refused" }],
  ["ws://localhost:7880", THEIRS, { code: "grant-refused" }],
  ["ws://127.0.0.1:7880", "http://127.0.0.1:8080", { url: "ws://127.0.0.1:7880" }],
  ["wss://user:secret@sfu.hs", OWN, { code: "grant-refused" }],
  ["wss://sfu.hs/?token=x", OWN, { code: "grant-refused" }],
])("a grant for %s by %s", async (url, at, expected) => {
  const world = new GrantWorld();
  world.services.set(at, () => Response.json({ url, jwt: jwtOf(LEGACY.identity) }));
  expect(await world.get(at, LEGACY, { own: true })).toMatchObject(expected);
});

test("a legacy leave goes along with a grant's request, a sticky one by the request of its own", async () => {
  const world = new GrantWorld();
  const delay = { delay_id: "secret-delay", delay_timeout: 3_600_000 };
  expect(await world.delegate(LEGACY)).toBe("taken");
  expect(world.urls).toEqual([`${OWN}/delegate_delayed_leave`, `${OWN}/sfu/get`]);
  expect(world.asked[0]?.body).toEqual({});
  expect(world.asked[1]?.body).toMatchObject({ device_id: "A", ...delay });
  world.asked.length = 0;
  expect(await world.delegate(STICKY)).toBe("taken");
  expect(world.urls).toEqual([`${OWN}/delegate_delayed_leave`]);
  expect(world.asked[0]?.body).toMatchObject({ member: { id: "random" }, ...delay });
});

test("a service that would ignore what it does not know is given no delay id", async () => {
  const world = new GrantWorld();
  world.services.set(OWN, (path) =>
    path === "/sfu/get"
      ? Response.json({ url: SFU, jwt: jwtOf(LEGACY.identity) })
      : new Response("", { status: 404 }),
  );
  expect(await world.delegate(LEGACY)).toBe("unsupported");
  expect(await world.delegate(LEGACY)).toBe("unsupported");
  expect(world.urls).toEqual([`${OWN}/delegate_delayed_leave`]);
  expect(JSON.stringify(world.asked)).not.toContain("secret-delay");
});

test.each([LEGACY, STICKY])("whoever has no full access delegates nothing: $form", async (self) => {
  const world = new GrantWorld();
  world.services.set(OWN, service(undefined, { fullAccess: false }));
  expect(await world.delegate(self)).toBe("unsupported");
});

test.each([400, 403, 404, 405])("a %i is a no for good", async (status) => {
  const world = new GrantWorld();
  let probed = false;
  world.services.set(OWN, () => {
    if (probed) return Response.json({ errcode: "M_BAD_JSON" }, { status });
    probed = true;
    return Response.json({ errcode: "M_BAD_JSON" }, { status: 400 });
  });
  expect(await world.delegate(STICKY)).toBe("unsupported");
});

test.each([
  ["busy", () => Response.json({}, { status: 429 }), "rate-limited"],
  ["broken", () => new Response("", { status: 502 }), "grant-unreachable"],
  ["gone", () => Promise.reject(new TypeError("fetch failed")), "grant-unreachable"],
  ["silent", () => new Promise<Response>(() => {}), "grant-unreachable"],
] as const)("a service that is %s may take the leave another time", async (_, answer, code) => {
  const world = new GrantWorld();
  world.services.set(OWN, answer);
  expect(await world.delegate(STICKY)).toEqual({ code });
});

test("no delay id leaves for a service that is not our own", async () => {
  const world = new GrantWorld();
  expect(await world.delegate(STICKY, THEIRS)).toEqual({ code: "denied" });
  expect(world.asked).toEqual([]);
});

test("whoever let us in takes over our leave: the homeserver", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = (body) => ("delay_id" in body ? {} : { jwt: jwtOf(STICKY.identity) });
  await world.get(OWN, STICKY);
  expect(await world.delegate(STICKY)).toBe("taken");
  expect(world.asked).toEqual([]);
  expect(world.matrix.livekitRequests.at(-1)).toMatchObject({
    request: "delegate_delayed_leave",
    body: { url: SFU, delay_id: "secret-delay", member: { id: "random" } },
  });
});

test("a homeserver that grants but takes no leaves leaves them to the service", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = (body) => {
    if ("delay_id" in body) throw new RtcRequestError("forbidden", "403");
    return { jwt: jwtOf(STICKY.identity) };
  };
  await world.get(OWN, STICKY);
  expect(await world.delegate(STICKY)).toBe("taken");
  expect(world.urls).toEqual([`${OWN}/delegate_delayed_leave`, `${OWN}/delegate_delayed_leave`]);
});

test("a homeserver that grants and cannot take leaves goes on granting", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = (body) => {
    if ("delay_id" in body) throw new RtcRequestError("unsupported", "404 M_UNRECOGNIZED");
    return { jwt: jwtOf(STICKY.identity) };
  };
  await world.get(OWN, STICKY);
  await world.delegate(STICKY);
  world.asked.length = 0;
  await world.get(OWN, STICKY, { fresh: true });
  expect(world.urls).toEqual([]);
});

test("a homeserver that did not let us in, or by another name, gets no delay id", async () => {
  const world = new GrantWorld();
  world.matrix.answerLivekit = () => ({ jwt: jwtOf("somebody else") });
  await world.get(OWN, STICKY);
  expect(await world.delegate(STICKY)).toBe("taken");
  expect(JSON.stringify(world.matrix.livekitRequests)).not.toContain("secret-delay");
});
