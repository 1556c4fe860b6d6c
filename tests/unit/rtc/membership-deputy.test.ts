import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  DEPUTY_DELAY_MS,
  DEPUTY_HEARTBEAT_MS,
  DEPUTY_LOST_MS,
  HEARTBEAT_MS,
  nextAt,
  phaseOf,
} from "../../../shared/rtc/membership-state.ts";
import { ALICE, BOB, ROOM, World } from "./call-world.ts";
import { Hand, NOW, self, stickySelf } from "./hand.ts";

const onSfu = (hand: Hand, on = true) => hand.step({ type: "on-sfu", on });
/** In the call, and the service has our leave. */
const deputed = (as: typeof self | typeof stickySelf = self) => {
  const hand = onSfu(new Hand([], as).live()).done("long");
  return hand.step({ type: "done", request: hand.take(), taken: true }).done();
};
const count = (hand: Hand, kind: string) => hand.asked.filter((request) => request.kind === kind).length;

test("once on its SFU, a long leave is given to the service, and only then is the short one called off", () => {
  const hand = onSfu(new Hand().live());
  expect(hand.asked.at(-1)).toEqual({ kind: "schedule-deputy", delayMs: DEPUTY_DELAY_MS });
  hand.done("long");
  expect(hand.asked.at(-1)).toEqual({ kind: "delegate", delayId: "long", delayMs: DEPUTY_DELAY_MS });
  expect(hand.remembered).toEqual(["d1", "long"]);
  hand.step({ type: "done", request: hand.take(), taken: true });
  expect(hand.open).toBe("cancel d1");
  hand.done();
  expect(hand.remembered).toEqual(["long"]);
  expect(hand.open).toBeNull();
  expect(nextAt(hand.state)).toBeLessThanOrEqual(hand.now + DEPUTY_HEARTBEAT_MS);
  hand.passes(HEARTBEAT_MS * 5);
  expect(hand.open).toBeNull();
  expect(phaseOf(hand.state)).toBe("live");
  expect(hand.passes(DEPUTY_HEARTBEAT_MS).open).toBe("restart-deputy long");
});

test("silent for so long that the long leave may have fired, we do not know whether others see us", () => {
  const hand = deputed().passes(DEPUTY_HEARTBEAT_MS);
  expect(hand.open).toBe("restart-deputy long");
  hand.passes(NOW + DEPUTY_DELAY_MS - 1 - hand.now);
  expect(phaseOf(hand.state)).toBe("live");
  // No answer comes: it must be told by the clock.
  expect(nextAt(hand.state)).toBe(NOW + DEPUTY_DELAY_MS);
  hand.passes(1);
  expect(phaseOf(hand.state)).toBe("unsure");
  hand.done();
  expect(phaseOf(hand.state)).toBe("live");
});

test("nothing is given away before we are in the call, nor where the server has no delayed leaves", () => {
  const early = onSfu(new Hand()).done("d1");
  expect(early.open).toBe("join");
  expect(count(early, "schedule-deputy")).toBe(0);
  const without = onSfu(new Hand().fails("unsupported").done());
  expect(without.open).toBeNull();
});

test("a service that refuses changes nothing, and is not asked again in this stay", () => {
  const hand = onSfu(new Hand().live()).done("long");
  hand.step({ type: "done", request: hand.take(), taken: false });
  expect(hand.open).toBe("cancel long");
  hand.done();
  expect(hand.remembered).toEqual(["d1"]);
  onSfu(onSfu(hand, false).passes(60_000).done());
  expect(hand.passes(HEARTBEAT_MS).open).toBe("restart d1");
  expect(count(hand, "delegate")).toBe(1);
});

test.each(["too-long", "refused", "forbidden", "unsupported"] as const)(
  "a server that takes no leave so long (%s) goes on with the short one",
  (kind) => {
    const hand = onSfu(new Hand().live()).fails(kind);
    expect(hand.open).toBeNull();
    expect(hand.state.trouble).toBeNull();
    expect(hand.passes(HEARTBEAT_MS).open).toBe("restart d1");
    expect(count(hand, "schedule-deputy")).toBe(1);
  },
);

test("a service that gives no answer is asked a few times, in no hurry, and then let be", () => {
  const hand = onSfu(new Hand().live()).done("long");
  const at: number[] = [];
  for (let beats = 0; beats < 200; beats++) {
    if (hand.open === "delegate long") {
      at.push(hand.now);
      hand.fails("offline");
    } else if (hand.open) hand.done();
    else hand.passes(1_000);
  }
  expect(at).toHaveLength(5);
  expect(hand.remembered).toEqual(["d1"]);
  expect(hand.state.trouble).toBeNull();
});

describe("off the SFU", () => {
  test("a blip changes nothing", () => {
    const hand = onSfu(deputed(), false).passes(DEPUTY_LOST_MS - 1);
    expect(hand.open).toBeNull();
    onSfu(hand);
    hand.passes(60_000);
    expect(hand.open).toBeNull();
  });

  test("for long, our own short leave stands again before the long one is called off", () => {
    const hand = onSfu(deputed(), false).passes(DEPUTY_LOST_MS);
    expect(hand.open).toBe("schedule");
    expect(hand.done("d2").open).toBe("cancel long");
    expect(hand.done().remembered).toEqual(["d2"]);
    expect(hand.passes(HEARTBEAT_MS).open).toBe("restart d2");
    hand.done();
    expect(onSfu(hand).open).toBe("schedule-deputy");
  });

  test("where no short one can be had, the long one stays", () => {
    const hand = onSfu(deputed(), false).passes(DEPUTY_LOST_MS).fails("offline").passes(2_000);
    expect(hand.open).toBe("schedule");
    expect(hand.remembered).toEqual(["long"]);
  });
});

test("a long leave that is gone is replaced by a short one, and not given away again before the next time on the SFU", () => {
  const hand = deputed().passes(DEPUTY_HEARTBEAT_MS).fails("not-found");
  expect(hand.open).toBe("schedule");
  hand.done("d2");
  expect(hand.open).toBeNull();
  expect(phaseOf(hand.state)).toBe("live");
  expect(onSfu(onSfu(hand, false)).open).toBe("schedule-deputy");
});

test("a long leave that was fired while we slept is a new stay, with a short leave of its own before it", () => {
  const hand = deputed().sees(null);
  expect(hand.open).toBe("restart-deputy long");
  expect(hand.fails("not-found").open).toBe("schedule");
  expect(hand.done("d2").open).toBe("join");
  expect(hand.content).toMatchObject({ "im.carillon.nonce": "n.1" });
});

test.each([self, stickySelf])("a leave in $form form fires the long one", (as) => {
  const hand = deputed(as).step({ type: "leave" });
  expect(hand.open).toBe("fire long");
  expect(phaseOf(hand.done().state)).toBe("left");
  expect(hand.remembered).toEqual([]);
});

test("a leave in between fires one and calls off the other, which would end the next call", () => {
  const hand = onSfu(new Hand().live()).done("long").step({ type: "leave" });
  hand.fails("offline");
  expect(hand.open).toBe("fire d1");
  expect(hand.done().open).toBe("cancel long");
  expect(phaseOf(hand.done().state)).toBe("left");
});

test("a kick fires the long one", () => {
  const hand = onSfu(new Hand().done("d1").sent("$ours").done().sees({ nonce: "n.0", sentAt: NOW })).done(
    "long",
  );
  hand.step({ type: "done", request: hand.take(), taken: true }).done();
  hand.sees(null, { redacted: "$ours" });
  expect(hand.asked.at(-1)).toEqual({ kind: "fire", delayId: "long" });
});

/** One thing that happens around a call, and how long until the next. */
const mishap = fc.record({
  what: fc.constantFrom(
    // Not answers that are lost: a long leave whose id nobody knows fires in an hour, and we come again.
    "refused",
    "up",
    "on-sfu",
    "on-sfu",
    "off-sfu",
    "service-dies",
    "service-back",
    "service-drops",
    "intent",
    "wake",
  ),
  ms: fc.integer({ min: 0, max: 30_000 }),
});

test("whatever the service does, our membership never stands without a living delayed leave, and it recovers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mishap, { maxLength: 15 }), fc.boolean(), async (mishaps, sticky) => {
      const world = new World({ encrypted: false });
      const { server, clock } = world;
      const alice = world.person(ALICE, "A");
      if (sticky) alice.membership = "sticky";
      const bob = world.person(BOB, "B");
      await clock.advance(100);

      // A service that keeps what it was given alive while we are on the SFU, and fires it 20 s after.
      let [dead, onSfuNow, lostAt] = [false, false, 0];
      const held = new Set<string>();
      alice.answer = () => {
        if (dead) throw new TypeError("no answer");
        const body = alice.posts.at(-1)?.body;
        const id = typeof body === "object" && body && "delay_id" in body ? String(body.delay_id) : null;
        if (id !== null) held.add(id);
        return Response.json({ url: "wss://sfu.hs", jwt: "jwt" });
      };
      const serve = () => {
        if (dead) return;
        for (const id of held) {
          if (!server.delayed.has(id)) held.delete(id);
          else if (!onSfuNow && clock.now() - lostAt >= 20_000) server.update(id, "send");
        }
      };

      const call = alice.join();
      let bareMs = 0;
      const pass = async (ms: number) => {
        for (let left = ms; left > 0; left -= 250) {
          await clock.advance(Math.min(250, left));
          serve();
          const bare =
            alice.matrix.network === "up" &&
            server.standing(ROOM, ALICE).length > 0 &&
            ![...server.delayed.values()].some(({ sender }) => sender === ALICE);
          bareMs = bare ? bareMs + 250 : 0;
          // What the service drops is seen at the next restart.
          if (!dropped) expect(bareMs).toBeLessThanOrEqual(HEARTBEAT_MS);
        }
      };
      let dropped = false;
      await pass(1_000);
      for (const { what, ms } of mishaps) {
        if (what === "up") alice.matrix.reconnect();
        else if (what === "refused") alice.matrix.network = what;
        else if (what === "on-sfu" || what === "off-sfu") {
          onSfuNow = what === "on-sfu";
          lostAt = clock.now();
          call.setConnected(onSfuNow);
        } else if (what === "service-dies" || what === "service-back") dead = what === "service-dies";
        else if (what === "service-drops") {
          for (const id of held) {
            if (server.delayed.has(id)) {
              server.update(id, "cancel");
              dropped = true;
            }
          }
          held.clear();
        } else if (what === "intent") call.setIntent(ms % 2 ? "audio" : "video");
        else if (what === "wake") alice.rtc.wake();
        await pass(ms);
      }
      alice.matrix.reconnect();
      await pass(DEPUTY_HEARTBEAT_MS + 60_000);
      dropped = false;
      for (let seconds = 0; seconds < 30; seconds++) {
        await pass(1_000);
        expect(call.status).toMatchObject({ phase: "live", error: null });
        expect(bob.people).toEqual([ALICE]);
      }
      await Promise.all([call.leave(), pass(3_000)]);
      expect(server.standing(ROOM, ALICE)).toEqual([]);
      await pass(30_000);
      expect([...server.delayed.values()].filter(({ sender }) => sender === ALICE)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
