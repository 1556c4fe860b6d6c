import { describe, expect, test } from "vitest";

import { phaseOf } from "../../../shared/rtc/membership-state.ts";
import { Hand, NOW, self, stickySelf } from "./hand.ts";

const FORMS = [self, stickySelf];
/** Joined by `$ours`, which came back. */
const standing = (as: typeof self | typeof stickySelf) =>
  new Hand([], as).done("d1").sent("$ours").done().sees({ nonce: "n.0", sentAt: NOW });
/** All that was asked after the join. */
const after = (hand: Hand) => hand.asked.slice(3).map((request) => ({ ...request }));

describe.each(FORMS)("in $form form", (as) => {
  test("a redacted membership is a kick: the call ends at once, with a leave, and is not joined again", () => {
    const hand = standing(as).sees(null, { redacted: "$ours" });
    expect(hand.state.ended).toBe("call-removed");
    expect(phaseOf(hand.state)).toBe("left");
    expect(after(hand)).toEqual([{ kind: "fire", delayId: "d1" }]);
    expect(hand.remembered).toEqual([]);
    hand.passes(60_000).step({ type: "wake" }).sees(null);
    expect(after(hand)).toHaveLength(1);
  });

  test("a redaction of somebody else's event, or of one that was ours long ago, is no kick", () => {
    const hand = standing(as).sees({ nonce: "n.0", sentAt: NOW }, { redacted: "$ghost" });
    expect(hand.state.ended).toBeNull();
  });

  test("a kick may be seen before the join is answered", () => {
    const hand = new Hand([], as).done("d1");
    hand.sees(null, { redacted: "$ours" });
    expect(hand.state.ended).toBeNull();
    expect(hand.sent("$ours").state.ended).toBe("call-removed");
  });

  test("a kick while the next sending is under way waits for it, so that it cannot stand alone after", () => {
    const hand = standing(as);
    hand.step({ type: "intent", intent: "audio" });
    expect(hand.open).toBe("join");
    hand.sees(null, { redacted: "$ours" });
    expect(phaseOf(hand.state)).toBe("left");
    expect(hand.remembered).toEqual(["d1"]);
    expect(hand.open).toBe("join");
    hand.sent("$later");
    expect(hand.asked.at(-1)).toEqual({ kind: "fire", delayId: "d1" });
    expect(hand.remembered).toEqual([]);
  });

  test("a kick while a delayed leave is asked for does not leave that one behind", () => {
    const hand = standing(as).passes(30_000).fails("not-found");
    expect(hand.open).toBe("schedule");
    hand.sees(null, { redacted: "$ours" }).done("d2");
    expect(hand.asked.at(-1)).toEqual({ kind: "fire", delayId: "d2" });
  });

  test.each(["d9", undefined])("nor the long one that was asked for the SFU's service: %s", (late) => {
    const hand = standing(as).step({ type: "on-sfu", on: true });
    expect(hand.open).toBe("schedule-deputy");
    hand.step({ type: "room-left" });
    expect(phaseOf(hand.state)).toBe("left");
    expect(hand.remembered).toEqual(["d1"]);
    if (late === undefined) hand.fails("offline");
    else hand.done(late);
    const ids = ["d1", ...(late ? [late] : [])];
    expect(hand.asked.slice(-ids.length)).toEqual(ids.map((delayId) => ({ kind: "cancel", delayId })));
    expect(hand.remembered).toEqual([]);
  });

  test("another copy of the app on this device takes over, and is left alone", () => {
    const hand = standing(as).sees(as.form === "legacy" ? null : { nonce: "n.0", sentAt: NOW }, {
      twinAt: NOW + 5_000,
    });
    expect(hand.state.ended).toBe("call-elsewhere");
    // Of one state key the later leave would be theirs; of our own sticky key it is ours.
    const kind = as.form === "legacy" ? "cancel" : "fire";
    expect(after(hand)).toEqual([{ kind, delayId: "d1" }]);
  });

  test("a copy of the app that was there before us is the one that goes", () => {
    const hand = standing(as).sees({ nonce: "n.0", sentAt: NOW }, { twinAt: NOW - 1 });
    expect(hand.state.ended).toBeNull();
  });

  test("a copy that came while we were offline is not pushed out when we are back", () => {
    const hand = standing(as).passes(30_000);
    hand.sees(null, { twinAt: NOW + 20_000 });
    expect(hand.state.ended).toBe("call-elsewhere");
    expect(hand.asked.filter(({ kind }) => kind === "join")).toHaveLength(1);
  });

  test("who is out of the room is out of the call, and calls off what could not be sent any more", () => {
    const hand = standing(as).step({ type: "room-left" });
    expect(hand.state.ended).toBe("room-left");
    expect(after(hand)).toEqual([{ kind: "cancel", delayId: "d1" }]);
  });

  test("who may not write any more stays as long as what was written stands, and tries now and then", () => {
    const hand = standing(as);
    hand.step({ type: "intent", intent: "audio" }).fails("forbidden");
    expect(phaseOf(hand.state)).toBe("live");
    expect(hand.state.trouble).toBeNull();
    const joins = () => hand.asked.filter(({ kind }) => kind === "join").length;
    for (let beats = 0; beats < 9; beats++) {
      hand.passes(6_000);
      if (hand.open?.startsWith("restart")) hand.done();
    }
    expect(joins()).toBe(2);
    hand.passes(6_000);
    if (hand.open?.startsWith("restart")) hand.done();
    expect(joins()).toBe(3);
  });

  test("who may not come back is told so", () => {
    const hand = standing(as).passes(30_000).fails("not-found").done("d2");
    expect(hand.open).toBe("join");
    hand.fails("forbidden");
    expect(hand.state.ended).toBe("call-forbidden");
    expect(hand.asked.at(-1)).toEqual({ kind: "fire", delayId: "d2" });
  });
});

test("a sticky kick without delayed events is a leave of ours, lest an earlier event count again", () => {
  const hand = new Hand([], stickySelf).fails("unsupported").sent("$ours");
  hand.sees({ nonce: "n.0", sentAt: NOW }).sees(null, { redacted: "$ours" });
  expect(hand.asked.at(-1)).toEqual({ kind: "leave" });
});

test("a legacy kick without delayed events needs nothing more: state has one event", () => {
  const hand = new Hand([], self).fails("unsupported").sent("$ours");
  hand.sees({ nonce: "n.0", sentAt: NOW }).sees(null, { redacted: "$ours" });
  expect(hand.asked.at(-1)?.kind).toBe("join");
});

test("a join that came over the other copy is taken back: two that give way leave nobody there", () => {
  const hand = standing(self).step({ type: "intent", intent: "audio" });
  hand.sees(null, { twinAt: NOW + 5_000 });
  expect(hand.state.ended).toBe("call-elsewhere");
  hand.sent("$over");
  expect(hand.asked.at(-1)).toEqual({ kind: "fire", delayId: "d1" });
});
