import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  firstGrapheme,
  handAt,
  nextHandsAt,
  noHands,
  REACTION_MS,
  reactionOf,
  stepHands,
  type HandEvent,
  type HandMember,
  type Hands,
} from "../../../shared/call/hands.ts";
import type { EventId } from "../../../shared/matrix/ids.ts";

const alice: HandMember = { id: "a", user: "@alice:hs", eventId: "$a1" };
const bob: HandMember = { id: "b", user: "@bob:hs", eventId: "$b1" };
/** Alice's second device. */
const tablet: HandMember = { id: "t", user: "@alice:hs", eventId: "$t1" };
const NOW = 1_000_000;

const play = (...events: readonly HandEvent[]): Hands => events.reduce(stepHands, noHands);
const members = (...list: readonly HandMember[]): HandEvent => ({ type: "members", members: list, now: NOW });
const raised = (of: HandMember, id: EventId = "$r", more: object = {}): HandEvent => ({
  type: "raised",
  id,
  sender: of.user,
  of: of.eventId,
  at: NOW - 5,
  now: NOW,
  ...more,
});
const reacted = (of: HandMember, emoji: string, more: object = {}): HandEvent => ({
  type: "reacted",
  sender: of.user,
  of: of.eventId,
  emoji,
  ageMs: 100,
  now: NOW,
  ...more,
});

describe("a hand", () => {
  test("is up from when it was raised until it is redacted", () => {
    const up = play(members(alice, bob), raised(alice));
    expect([handAt(up, alice), handAt(up, bob)]).toEqual([NOW - 5, null]);
    expect(handAt(stepHands(up, { type: "withdrawn", id: "$r", now: NOW }), alice)).toBeNull();
  });

  test("that was raised before anybody knew its member is up with them", () => {
    expect(handAt(play(raised(alice), members(alice)), alice)).toBe(NOW - 5);
  });

  test("goes down with the member event on which it was raised, and up on the next", () => {
    const again = { ...alice, eventId: "$a2" } as const;
    const state = play(members(alice), raised(alice), members(again));
    expect(handAt(state, again)).toBeNull();
    expect(handAt(stepHands(state, raised(again, "$r2")), again)).toBe(NOW - 5);
  });

  test("is of the device whose event it names", () => {
    const state = play(members(alice, tablet), raised(tablet));
    expect([handAt(state, alice), handAt(state, tablet)]).toEqual([null, NOW - 5]);
  });

  test("raised on somebody else's event is nobody's", () => {
    const state = play(members(alice, bob), raised(alice, "$r", { sender: bob.user }));
    expect([handAt(state, alice), handAt(state, bob)]).toEqual([null, null]);
  });

  test("is not raised again by an answer that is older than its redaction", () => {
    const state = play(members(alice), { type: "withdrawn", id: "$r", now: NOW }, raised(alice));
    expect(handAt(state, alice)).toBeNull();
  });

  test("counts from the first of several, and never from the future", () => {
    const state = play(members(alice), raised(alice, "$1", { at: NOW + 60_000 }), raised(alice, "$2"));
    expect(handAt(state, alice)).toBe(NOW - 5);
    expect(handAt(stepHands(state, { type: "withdrawn", id: "$2", now: NOW }), alice)).toBe(NOW);
  });

  test("after a gap all are asked for anew", () => {
    expect(handAt(play(members(alice), raised(alice), { type: "forgotten", now: NOW }), alice)).toBeNull();
  });

  test("is not pushed out by somebody else's flood, which stays small", () => {
    const flood = Array.from({ length: 5_000 }, (_, at) => raised(bob, `$${at}`));
    const state = play(members(alice, bob), raised(alice), ...flood);
    expect(handAt(state, alice)).toBe(NOW - 5);
    expect(state.raised.size).toBeLessThan(20);
    const crowd = Array.from({ length: 5_000 }, (_, at) => raised(bob, `$${at}`, { sender: `@${at}:hs` }));
    expect(play(...crowd).raised.size).toBeLessThanOrEqual(256);
  });
});

describe("a reaction", () => {
  test("is shown for 3 s", () => {
    const state = play(members(alice), reacted(alice, "👍"));
    expect(reactionOf(state, "a")).toBe("👍");
    expect(nextHandsAt(state)).toBe(NOW + REACTION_MS);
    const before = stepHands(state, { type: "time", now: NOW + REACTION_MS - 1 });
    expect([before, reactionOf(before, "a")]).toEqual([state, "👍"]);
    const over = stepHands(state, { type: "time", now: NOW + REACTION_MS });
    expect([reactionOf(over, "a"), nextHandsAt(over)]).toEqual([null, null]);
  });

  test("while one is shown a further one is not, nor does it lengthen it; after it is", () => {
    const first = play(members(alice), reacted(alice, "👍"));
    expect(stepHands(first, reacted(alice, "🎉", { now: NOW + 1_000 }))).toBe(first);
    // Also where the clock's call comes late.
    expect(reactionOf(stepHands(first, reacted(alice, "🎉", { now: NOW + REACTION_MS })), "a")).toBe("🎉");
  });

  test("is not shown of somebody else, of nobody, or of an event that is nobody's", () => {
    const state = play(members(alice, bob));
    expect(stepHands(state, reacted(alice, "👍", { sender: bob.user }))).toBe(state);
    expect(stepHands(state, reacted(alice, "👍", { of: "$other" }))).toBe(state);
  });

  test("on the member event before the newest still counts: its sender may not have seen the new one", () => {
    const state = play(members(alice), members({ ...alice, eventId: "$a2" }), reacted(alice, "👍"));
    expect(reactionOf(state, "a")).toBe("👍");
  });

  test("that is long over is not shown", () => {
    const state = play(members(alice));
    expect(stepHands(state, reacted(alice, "👍", { ageMs: 60_000 }))).toBe(state);
  });

  test("goes with its member", () => {
    expect(reactionOf(play(members(alice), reacted(alice, "👍"), members(bob)), "a")).toBeNull();
  });
});

describe("of a reaction's text", () => {
  test.each([
    ["👍👍👍", "👍"],
    [" 👋 hello", "👋"],
    ["👨‍👩‍👧‍👦!", "👨‍👩‍👧‍👦"],
    ["👨🏻‍👩🏽‍👧🏾‍👦🏿", "👨🏻‍👩🏽‍👧🏾‍👦🏿"],
    ["❤️x", "❤️"],
    ["🇩🇪🇫🇷", "🇩🇪"],
    ["1️⃣2️⃣", "1️⃣"],
    ["hello", "h"],
  ])("%j shows %j", (text, shown) => expect(firstGrapheme(text)).toBe(shown));

  test.each(["", "   ", "\n", "\u202e", "\u200b", "\u0000", `a${"\u0301".repeat(60)}`])(
    "%j shows nothing",
    (text) => expect(firstGrapheme(text)).toBeNull(),
  );

  test("whatever it is, what is shown is short, and the beginning of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const shown = firstGrapheme(text);
        if (shown === null) return;
        expect(shown.length).toBeLessThanOrEqual(32);
        expect(text.trimStart().startsWith(shown)).toBe(true);
      }),
    );
  });
});

test("whatever comes, at most one reaction a member is shown, and none for longer than 3 s", () => {
  const event = fc.record({
    afterMs: fc.integer({ min: 0, max: 4_000 }),
    who: fc.constantFrom(alice, bob, tablet),
    what: fc.constantFrom("raise", "react", "withdraw", "leave", "time"),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let now = NOW;
      let state = play(members(alice, bob, tablet));
      for (const { afterMs, who, what } of events) {
        now += afterMs;
        state = stepHands(state, { type: "time", now });
        const before = state.shown;
        if (what === "raise") state = stepHands(state, raised(who, `$${now}`, { now }));
        if (what === "react") state = stepHands(state, reacted(who, "👍", { now }));
        if (what === "withdraw") state = stepHands(state, { type: "withdrawn", id: `$${now}`, now });
        if (what === "leave")
          state = stepHands(state, {
            type: "members",
            members: [alice, bob].filter((one) => one !== who),
            now,
          });
        for (const [id, { until }] of state.shown) {
          expect(until).toBe(before.get(id)?.until ?? now + REACTION_MS);
          expect(until).toBeGreaterThan(now);
        }
      }
    }),
  );
});
