import {
  checkRtcMembershipData,
  checkSessionsMembershipData,
  isLeftMembershipContent,
} from "matrix-js-sdk/lib/matrixrtc/membershipData/index.js";
import { describe, expect, test } from "vitest";

import { readMemberEvent } from "../../../shared/rtc/member-event.ts";
import { leaveContent } from "../../../shared/rtc/membership-content.ts";
import { HEARTBEAT_MS, phaseOf, STICKY_MS } from "../../../shared/rtc/membership-state.ts";
import { ALICE } from "./call-world.ts";
import { captured } from "./samples.ts";
import { Hand, NOW, self, stickySelf } from "./hand.ts";

const sticky = (...args: ConstructorParameters<typeof Hand>) => new Hand(args[0], stickySelf);

test("a sticky membership is written as matrix-js-sdk 43 reads it", () => {
  const { content } = sticky().done("d1");
  expect(content).toEqual({
    slot_id: "m.call#ROOM",
    member: { user_id: ALICE, device_id: "A", id: "uuid" },
    application: { type: "m.call", "m.call.intent": "video" },
    transports: {
      published: [{ type: "livekit", livekit_service_url: "https://sfu.hs" }],
      can_subscribe: ["livekit"],
    },
    versions: [],
    msc4354_sticky_key: "uuid",
    "im.carillon.nonce": "n.0",
  });
});

test.each([self, stickySelf])("our own $form reading of what we write is us, until the leave", (as) => {
  const { content } = new Hand([], as).done("d1");
  const event = {
    type: as.form === "sticky" ? "org.matrix.msc4143.rtc.member" : "org.matrix.msc3401.call.member",
    stateKey: as.form === "sticky" ? null : `_${ALICE}_A_m.call`,
    sender: ALICE,
    eventId: "$1",
    sentAt: NOW,
    stickyUntil: as.form === "sticky" ? NOW + STICKY_MS : null,
  } as const;
  const joined = readMemberEvent({ ...event, content }, NOW);
  expect(joined).toMatchObject({
    kind: "member",
    membership: { form: as.form, device: "A", memberId: as.memberId, nonce: "n.0", intent: "video" },
  });
  const left = readMemberEvent({ ...event, content: leaveContent(as) }, NOW);
  expect(left.kind).toBe("nobody");
  expect(left).toHaveProperty("key", joined.kind === "member" && joined.key);
});

test("matrix-js-sdk 43 takes both forms for members, and their leaves for leaves", () => {
  const stickyJoin = sticky().done("d1").content;
  expect(() => checkRtcMembershipData(stickyJoin, ALICE)).not.toThrow();
  expect(() => checkSessionsMembershipData(new Hand().done("d1").content)).not.toThrow();
  for (const as of [self, stickySelf]) expect(isLeftMembershipContent({ ...leaveContent(as) })).toBe(true);
});

test("Element Call's sticky membership says nothing that ours does not say alike", () => {
  const [theirs] = captured("matrix-2-0").events;
  const ours = sticky().done("d1").content;
  const shape = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shape)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
        : typeof value;
  expect(shape(ours)).toEqual({ ...Object(shape(theirs?.content)), "im.carillon.nonce": "string" });
});

test("a sticky membership is sent again before its stickiness ends, and again from there", () => {
  const hand = sticky().live();
  const sent: number[] = [];
  for (let beats = 0; beats < 2_000 && sent.length < 3; beats++) {
    hand.passes(HEARTBEAT_MS);
    if (hand.open === "join") {
      sent.push(hand.now);
      hand.done();
    }
    if (hand.open?.startsWith("restart")) hand.done();
  }
  const gaps = sent.map((at, i) => at - (sent[i - 1] ?? NOW));
  for (const gap of gaps) {
    expect(gap).toBeLessThan(STICKY_MS - 5 * 60_000);
    expect(gap).toBeGreaterThan(STICKY_MS / 2);
  }
  expect(phaseOf(hand.state)).toBe("live");
});

test("a sticky membership that could not be sent again in time is unsure, and then a new stay", () => {
  const hand = sticky().live();
  hand.passes(STICKY_MS - 60_000);
  while (hand.open?.startsWith("restart")) hand.done();
  expect(hand.open).toBe("join");
  hand.fails("offline");
  expect(phaseOf(hand.state)).toBe("live");
  hand.passes(120_000);
  expect(phaseOf(hand.state)).toBe("unsure");
  hand.sees(null);
  if (hand.open === "join") hand.fails("offline");
  for (let tries = 0; tries < 20 && hand.content["im.carillon.nonce"] !== "n.1"; tries++) {
    if (hand.open === "restart d1") hand.done();
    else hand.passes(1_000);
  }
  expect(hand.content).toMatchObject({ "im.carillon.nonce": "n.1", msc4354_sticky_key: "uuid" });
});

test("a sticky update does not wait for our own event to come back", () => {
  const hand = sticky().done("d1").done().done();
  expect(hand.step({ type: "intent", intent: "audio" }).open).toBe("join");
  expect(hand.content).toMatchObject({ application: { "m.call.intent": "audio" } });
});

test("whoever comes later can read a sticky membership, which is sent once more for all of a while", () => {
  const hand = sticky().live();
  const joins = () => hand.asked.filter(({ kind }) => kind === "join").length;
  const passes = (ms: number) => {
    hand.passes(ms);
    while (hand.open) hand.done();
  };
  hand.step({ type: "newcomer" });
  hand.step({ type: "newcomer" });
  passes(1_000);
  expect(joins()).toBe(2);
  // A crowd waits for each other.
  hand.step({ type: "newcomer" });
  passes(HEARTBEAT_MS);
  hand.step({ type: "newcomer" });
  expect(joins()).toBe(2);
  passes(HEARTBEAT_MS);
  passes(HEARTBEAT_MS);
  passes(HEARTBEAT_MS);
  expect(joins()).toBe(3);
});

test("legacy memberships are state, which newcomers read anyway", () => {
  const hand = new Hand().live().step({ type: "newcomer" });
  hand.passes(HEARTBEAT_MS).done();
  expect(hand.asked.filter(({ kind }) => kind === "join")).toHaveLength(1);
});

describe("what killed runs left behind", () => {
  const stale = (end: "cancel" | "fire") => [{ delayId: "old", end }] as const;

  test("a leave of another place than ours is fired before we join, since nobody else will", () => {
    const hand = sticky(stale("fire")).done("d1");
    expect(hand.open).toBe("fire old");
    expect(hand.done().open).toBe("join");
    expect(hand.remembered).toEqual(["d1"]);
    expect(phaseOf(hand.done().state)).toBe("live");
  });

  test("a leave that has fired by itself is forgotten", () => {
    const hand = sticky(stale("fire")).done("d1").fails("not-found");
    expect(hand.open).toBe("join");
    expect(hand.remembered).toEqual(["d1"]);
  });

  test("several are seen to, one after another", () => {
    const hand = new Hand([
      { delayId: "old", end: "cancel" },
      { delayId: "older", end: "fire" },
    ]).done("d1");
    expect(hand.remembered).toEqual(["old", "older", "d1"]);
    expect(hand.open).toBe("cancel old");
    expect(hand.done().open).toBe("fire older");
    expect(hand.done().open).toBe("join");
  });
});
