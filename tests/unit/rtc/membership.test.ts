import * as fc from "fast-check";
import { expect, test } from "vitest";

import { RtcRequestError } from "../../../electron/rtc/ports.ts";
import { EXPIRES_MS, HEARTBEAT_MS, nextAt, phaseOf } from "../../../shared/rtc/membership-state.ts";
import { ALICE, BOB, CAROL, ROOM, World } from "./call-world.ts";
import { Hand, NOW } from "./hand.ts";

test("the delayed leave comes before the join, and is restarted at once after it", () => {
  const hand = new Hand();
  expect(hand.open).toBe("schedule");
  expect(hand.done("d1").open).toBe("join");
  expect(hand.remembered).toEqual(["d1"]);
  expect(phaseOf(hand.state)).toBe("joining");
  expect(hand.done().open).toBe("restart d1");
  expect(phaseOf(hand.state)).toBe("live");
  expect(hand.done().open).toBeNull();
  expect(nextAt(hand.state)).toBeLessThanOrEqual(NOW + HEARTBEAT_MS);
  expect(hand.passes(HEARTBEAT_MS).open).toBe("restart d1");
});

test("the membership is written as deployed clients read it", () => {
  const hand = new Hand().done("d1");
  expect(hand.content).toEqual({
    application: "m.call",
    call_id: "",
    scope: "m.room",
    device_id: "A",
    membershipID: `${ALICE}:A`,
    expires: EXPIRES_MS,
    "m.call.intent": "video",
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [{ type: "livekit", livekit_service_url: "https://sfu.hs", livekit_alias: ROOM }],
    "im.carillon.nonce": "n.0",
  });
});

test("the delayed leave of a killed run is called off before the join, once another one lives", () => {
  const hand = new Hand([{ delayId: "old", end: "cancel" }]);
  expect(hand.done("d1").open).toBe("cancel old");
  expect(hand.remembered).toEqual(["old", "d1"]);
  expect(hand.done().open).toBe("join");
  expect(hand.remembered).toEqual(["d1"]);
  const fired = new Hand([{ delayId: "old", end: "cancel" }]).done("d1").fails("not-found");
  expect(fired.open).toBe("join");
});

test("it is renewed before it expires, with the creation by the server's clock and a longer span", () => {
  const hand = new Hand().done("d1").done().done();
  hand.sees({ nonce: "n.0", sentAt: NOW + 77 });
  for (let beats = 0; beats < 5_000 && hand.open !== "join"; beats++) {
    hand.passes(HEARTBEAT_MS);
    if (hand.open?.startsWith("restart")) hand.done();
  }
  expect(hand.now).toBeLessThan(NOW + EXPIRES_MS);
  expect(hand.content).toMatchObject({
    created_ts: NOW + 77,
    expires: 2 * EXPIRES_MS,
    "im.carillon.nonce": "n.0",
  });
});

test("an intent that changes before our own event came back waits for it, so as to be no new stay", () => {
  const hand = new Hand().done("d1").done().done();
  expect(hand.step({ type: "intent", intent: "audio" }).open).toBeNull();
  hand.sees({ nonce: "n.0", sentAt: NOW + 5 });
  expect(hand.open).toBe("join");
  expect(hand.content).toMatchObject({ "m.call.intent": "audio", created_ts: NOW + 5 });
});

test("our event may come back before its request is answered", () => {
  const hand = new Hand().done("d1");
  hand
    .sees({ nonce: "n.0", sentAt: NOW + 5 })
    .done()
    .done();
  expect(hand.step({ type: "intent", intent: "audio" }).content).toMatchObject({ created_ts: NOW + 5 });
});

test("a delayed leave that has fired is answered by a new stay", () => {
  const hand = new Hand().live().passes(30_000);
  expect(phaseOf(hand.state)).toBe("unsure");
  expect(hand.fails("not-found").open).toBe("schedule");
  expect(hand.done("d2").open).toBe("join");
  expect(hand.content).toMatchObject({ "im.carillon.nonce": "n.1" });
  expect(hand.content).not.toHaveProperty("created_ts");
  expect(phaseOf(hand.done().state)).toBe("live");
});

test("a delayed leave that is gone before its time was called off: a new one is enough", () => {
  const hand = new Hand().done("d1").done().fails("not-found");
  expect(hand.open).toBe("schedule");
  expect(hand.done("d2").open).toBeNull();
  expect(phaseOf(hand.state)).toBe("live");
});

test("an event that vanished is answered by a look at the delayed leave, then a new stay", () => {
  const hand = new Hand().live();
  hand.sees(null);
  expect(hand.open).toBe("restart d1");
  expect(phaseOf(hand.state)).toBe("unsure");
  expect(hand.fails("not-found").done("d2").open).toBe("join");
});

test("whoever removes us again and again is answered ever more slowly, but always", () => {
  const hand = new Hand().live();
  const waited: number[] = [];
  for (let round = 1; round <= 8; round++) {
    hand.sees(null).done();
    const from = hand.now;
    while (hand.open !== "join") {
      hand.now = nextAt(hand.state) ?? Infinity;
      hand.step({ type: "time" });
      if (hand.open?.startsWith("restart")) hand.done();
    }
    waited.push(hand.now - from);
    hand.done().done();
    hand.sees({ nonce: `n.${round}`, sentAt: hand.now });
  }
  expect(waited[0]).toBe(0);
  expect(waited).toEqual(waited.toSorted((a, b) => a - b));
  expect(waited.at(-1)).toBe(30_000);
});

test("an event that does not come back is sent again as it was, and only when the room says otherwise", () => {
  const hand = new Hand().done("d1").done().done();
  hand.passes(5_500);
  expect(hand.open).toBeNull();
  const first = hand.content;
  hand.sees(null);
  expect(hand.open).toBeNull();
  hand.passes(5_000);
  if (hand.open?.startsWith("restart")) hand.done();
  expect(hand.open).toBe("join");
  expect(hand.asked.filter(({ kind }) => kind === "join")).toHaveLength(2);
  expect(hand.content).toEqual(first);
});

test.each([
  ["says how long it may be", 10_000, 10_000],
  ["does not say", undefined, 12_000],
])("a delay that is too long is shortened where the server %s", (_, maxDelayMs, delayMs) => {
  const hand = new Hand().fails("too-long", maxDelayMs === undefined ? {} : { maxDelayMs });
  expect(hand.asked.at(-1)).toEqual({ kind: "schedule", delayMs });
});

test("a server that takes no delay worth having is joined without", () => {
  const hand = new Hand().fails("too-long", { maxDelayMs: 1_000 });
  expect(hand.open).toBe("join");
});

test.each(["unsupported", "forbidden", "not-found"] as const)(
  "delayed events: %s, so it joins without",
  (kind) => {
    const hand = new Hand().fails(kind);
    expect(hand.open).toBe("join");
    expect(hand.done().passes(60_000).open).toBeNull();
    expect(phaseOf(hand.state)).toBe("live");
    expect(hand.step({ type: "leave" }).open).toBe("leave");
  },
);

test("a delayed leave that is refused once does not keep us out, and is tried again", () => {
  const hand = new Hand().fails("refused");
  expect(hand.open).toBe("join");
  hand.done();
  expect(hand.passes(1_000).open).toBe("schedule");
});

test("without network it tries for ever, ever more slowly, and at once on a wake", () => {
  const hand = new Hand();
  let gaps: number[] = [];
  for (let tries = 0; tries < 50; tries++) {
    hand.fails("offline");
    const at = nextAt(hand.state) ?? Infinity;
    gaps = [...gaps, at - hand.now];
    hand.passes(at - hand.now);
    expect(hand.open).toBe("schedule");
  }
  expect(Math.max(...gaps)).toBe(5_000);
  expect(hand.state.trouble).toBe("offline");
  hand.fails("offline");
  expect(hand.open).toBeNull();
  expect(hand.step({ type: "wake" }).open).toBe("schedule");
});

test("a rate limit is obeyed even on a wake, up to a minute", () => {
  const hand = new Hand().fails("rate-limited", { retryAfterMs: 20_000 });
  hand.passes(19_000).step({ type: "wake" });
  expect(hand.open).toBeNull();
  expect(hand.passes(1_000).open).toBe("schedule");
  expect(hand.fails("rate-limited", { retryAfterMs: 1e12 }).passes(60_000).open).toBe("schedule");
});

test("a heartbeat that waits for its turn does not hold up the rest", () => {
  const hand = new Hand().live().passes(HEARTBEAT_MS).fails("rate-limited", { retryAfterMs: 10_000 });
  expect(hand.step({ type: "intent", intent: "audio" }).open).toBe("join");
});

test("whoever may not is told, and leaves no delayed leave behind", () => {
  const hand = new Hand().done("d1").fails("forbidden");
  expect(hand.state.ended).toBe("call-forbidden");
  expect(hand.asked.at(-1)).toEqual({ kind: "fire", delayId: "d1" });
  expect(hand.remembered).toEqual([]);
});

test("a leave fires the delayed leave", () => {
  const hand = new Hand().live().step({ type: "leave" });
  expect(hand.open).toBe("fire d1");
  hand.done();
  expect(phaseOf(hand.state)).toBe("left");
  expect(hand.remembered).toEqual([]);
});

test.each(["not-found", "refused", "unsupported", "forbidden", "rate-limited"] as const)(
  "a delayed leave that cannot be fired (%s) is replaced by a plain one",
  (kind) => {
    const hand = new Hand().live().step({ type: "leave" }).fails(kind);
    expect(hand.open).toBe("leave");
    expect(phaseOf(hand.done().state)).toBe("left");
  },
);

test("a leave before anything was sent only calls off what was scheduled", () => {
  const hand = new Hand().step({ type: "leave" });
  expect(hand.done("d1").open).toBe("cancel d1");
  expect(phaseOf(hand.done().state)).toBe("left");
  expect(hand.asked.map(({ kind }) => kind)).toEqual(["schedule", "cancel"]);
});

test("a leave while the join is under way waits for it, since it may have arrived", () => {
  const hand = new Hand().done("d1").step({ type: "leave" });
  expect(hand.open).toBe("join");
  expect(hand.fails("offline").open).toBe("fire d1");
});

test("once it has left, nothing brings it back", () => {
  const hand = new Hand().live().step({ type: "leave" }).done();
  const asked = hand.asked.length;
  hand.passes(1e9).step({ type: "wake" }).sees(null).step({ type: "intent", intent: "audio" });
  expect(hand.asked).toHaveLength(asked);
  expect(nextAt(hand.state)).toBeNull();
});

test("the answer to a request that was given up says nothing", () => {
  const hand = new Hand();
  const [late] = hand.asked;
  hand.fails("offline");
  if (late) hand.step({ type: "done", request: late, delayId: "late" });
  expect(hand.state.delay).toBeNull();
});

/** One thing that happens to a call, and how long until the next. */
const mishap = fc.record({
  what: fc.constantFrom(
    "refused",
    "stalled",
    "deaf",
    "up",
    "limited",
    "overwritten",
    "intent",
    "wake",
    "pause",
  ),
  ms: fc.integer({ min: 0, max: 20_000 }),
});

test("whatever fails, in whatever order, there is no membership without a living delayed leave, and it recovers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mishap, { maxLength: 15 }), async (mishaps) => {
      const world = new World({ encrypted: false });
      const { server, clock } = world;
      const alice = world.person(ALICE, "A");
      const bob = world.person(BOB, "B");
      const call = alice.join();
      let bareMs = 0;
      const pass = async (ms: number) => {
        for (let left = ms; left > 0; left -= 250) {
          await clock.advance(Math.min(250, left));
          const bare =
            alice.matrix.network === "up" &&
            server.standing(ROOM, ALICE).length > 0 &&
            ![...server.delayed.values()].some(({ sender }) => sender === ALICE);
          bareMs = bare ? bareMs + 250 : 0;
          expect(bareMs).toBeLessThanOrEqual(HEARTBEAT_MS);
        }
      };
      await pass(1_000);
      for (const { what, ms } of mishaps) {
        if (what === "up") alice.matrix.reconnect();
        else if (what === "refused" || what === "stalled" || what === "deaf") alice.matrix.network = what;
        else if (what === "limited") {
          alice.matrix.refusals.push(new RtcRequestError("rate-limited", "429", { retryAfterMs: 2_000 }));
        } else if (what === "overwritten") {
          server.write(ROOM, CAROL, "org.matrix.msc3401.call.member", `_${ALICE}_A_m.call`, {});
        } else if (what === "intent") call.setIntent(ms % 2 ? "audio" : "video");
        else if (what === "wake") alice.rtc.wake();
        await pass(ms);
      }
      alice.matrix.reconnect();
      // Delayed leaves whose ids were lost fire into the call until then.
      await pass(60_000);
      for (let seconds = 0; seconds < 30; seconds++) {
        await pass(1_000);
        expect(call.status).toMatchObject({ phase: "live", error: null });
        expect(bob.people).toEqual([ALICE]);
      }
      await Promise.all([call.leave(), pass(3_000)]);
      expect(server.standing(ROOM, ALICE)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
