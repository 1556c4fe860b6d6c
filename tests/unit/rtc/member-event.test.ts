import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { sfuIdentity } from "../../../electron/rtc/identity.ts";
import {
  readMemberEvent,
  SKEW_MS,
  type MemberEvent,
  type Membership,
} from "../../../shared/rtc/member-event.ts";
import { captured } from "./samples.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const legacy = (content: object = {}, event: Partial<MemberEvent> = {}): MemberEvent => ({
  type: "org.matrix.msc3401.call.member",
  stateKey: "_@a:hs_D_m.call",
  sender: "@a:hs",
  eventId: "$1",
  sentAt: NOW,
  stickyUntil: null,
  content: {
    application: "m.call",
    call_id: "",
    device_id: "D",
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [{ type: "livekit", livekit_service_url: "https://sfu.hs/jwt/" }],
    ...content,
  },
  ...event,
});

const sticky = (content: object = {}, event: Partial<MemberEvent> = {}): MemberEvent => ({
  type: "org.matrix.msc4143.rtc.member",
  stateKey: null,
  sender: "@a:hs",
  eventId: "$1",
  sentAt: NOW,
  stickyUntil: NOW + HOUR,
  content: {
    slot_id: "m.call#ROOM",
    application: { type: "m.call", "m.call.intent": "audio" },
    member: { id: "uuid", user_id: "@a:hs", device_id: "D" },
    transports: {
      published: [{ type: "livekit", livekit_service_url: "https://sfu.hs" }],
      can_subscribe: [],
    },
    versions: [],
    msc4354_sticky_key: "uuid",
    ...content,
  },
  ...event,
});

const read = (event: MemberEvent, now = NOW): Membership | null => {
  const reading = readMemberEvent(event, now);
  return reading.kind === "member" ? reading.membership : null;
};

describe("captured events", () => {
  test("legacy memberships are read as Element Call means them", () => {
    const { events, peers, room } = captured("compatibility");
    const readings = events.map((event) => readMemberEvent(event, event.sentAt));
    expect(readings.map(({ kind }) => kind)).toEqual([
      "member",
      "member",
      "member",
      "nobody",
      "member",
      "nobody",
      "nobody",
    ]);
    const [first, second, update] = events.map((event) => read(event, event.sentAt));
    expect(first).toMatchObject({
      user: peers[0]?.user,
      device: peers[0]?.device,
      memberId: `${peers[0]?.user}:${peers[0]?.device}`,
      slot: "m.call#ROOM",
      intent: "video",
      transport: { type: "livekit", serviceUrl: "http://localhost:8081" },
      identity: `${peers[0]?.user}:${peers[0]?.device}`,
      followsOldest: false,
    });
    // The update is no new stay.
    expect(update).toMatchObject({ intent: "audio", joinedAt: second?.joinedAt, stay: second?.stay });
    expect(room).toMatch(/^!/);
  });

  test("sticky memberships are read as Element Call means them", () => {
    const { events, peers } = captured("matrix-2-0");
    const members = events.map((event) => read(event, event.sentAt));
    expect(members[0]).toMatchObject({
      user: peers[0]?.user,
      device: peers[0]?.device,
      slot: "m.call#ROOM",
      intent: "video",
      transport: { type: "livekit", serviceUrl: "http://localhost:8081" },
    });
    expect(members.map((member) => member?.user ?? null)).toContain(null);
    expect(members[0]?.identity).toEqual([peers[0]?.user, peers[0]?.device, members[0]?.memberId]);
  });
});

test.each([
  [["@alice:example.com", "DEVICE123", "memberABC"], "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU"],
  [["@alice:example.com", "memberABC"], "M3VnsLXrkbxIDINXO64u8PZzFyD9ZYFiQULR2dshWYs"],
  ["@alice:example.com:DEVICE123", "@alice:example.com:DEVICE123"],
])("the SFU identity of %j is %s", (identity, expected) => {
  expect(sfuIdentity(identity)).toBe(expected);
});

test.each([
  ["the usual key", legacy()],
  ["a key without underscore", legacy({}, { stateKey: "@a:hs_D_m.call" })],
  ["a key without application", legacy({}, { stateKey: "_@a:hs_D" })],
  ["a key with call id", legacy({ call_id: "x" }, { stateKey: "_@a:hs_D_m.callx" })],
  ["an unknown transport", legacy({ foci_preferred: [{ type: "owl" }] })],
  ["no transport", legacy({ foci_preferred: [] })],
  ["an unknown application", legacy({ application: "org.game" }, { stateKey: "_@a:hs_D_org.game" })],
  ["matrix-js-sdk 43's sticky form", sticky()],
  [
    "matrix-js-sdk 42's sticky form",
    sticky({ transports: undefined, rtc_transports: [{ type: "livekit" }] }),
  ],
  ["MSC4143's text", sticky({ member: { id: "x", membership: "join" }, sticky_key: "x" })],
  ["a membership that its own device encrypted", sticky({}, { senderDevice: "D" })],
  ["an unstable and the stable type", sticky({}, { type: "m.rtc.member" })],
])("a member: %s", (_, event) => {
  expect(read(event)).not.toBeNull();
});

test.each([
  ["left", legacy({}, { content: {} })],
  ["of the form before 2024", legacy({}, { content: { memberships: [{ device_id: "D" }] } })],
  ["of the mesh proposal", legacy({}, { content: { "m.calls": [{ "m.call_id": "c", "m.devices": [] }] } })],
  ["at another user's key", legacy({}, { stateKey: "_@b:hs_D_m.call" })],
  ["at another device's key", legacy({}, { stateKey: "_@a:hs_E_m.call" })],
  ["at the key of a device whose name begins alike", legacy({}, { stateKey: "_@a:hs_D_X_m.call" })],
  ["at a key of nobody", legacy({}, { stateKey: "" })],
  ["without device", legacy({ device_id: undefined })],
  ["with an empty device", legacy({ device_id: "" })],
  ["of an application with a slot in its name", legacy({ application: "m.call#ROOM" })],
  ["with a time that is none", legacy({ created_ts: "soon" })],
  ["with an endless time", legacy({ expires: Infinity })],
  [
    "with a thousand transports",
    legacy({ foci_preferred: Array.from({ length: 1000 }, () => ({ type: "x" })) }),
  ],
  ["not sticky", sticky({}, { stickyUntil: null })],
  [
    "left by what is left out",
    sticky({}, { content: { slot_id: "m.call#ROOM", msc4354_sticky_key: "uuid" } }),
  ],
  ["left by saying so", sticky({ member: { id: "uuid", membership: "leave" } })],
  ["of another user", sticky({ member: { id: "x", user_id: "@b:hs", device_id: "D" } })],
  ["of another device than the one that encrypted it", sticky({}, { senderDevice: "E" })],
  ["of another application than its slot", sticky({ slot_id: "org.game#ROOM" })],
  ["redacted", sticky({}, { content: {} })],
])("no member: %s", (_, event) => {
  expect(readMemberEvent(event, NOW).kind).toBe("nobody");
});

test.each([
  ["m.call#room", "m.call#ROOM"],
  ["m.call#ROOM", "m.call#ROOM"],
  ["m.call#Room", "m.call#Room"],
])("slot %s is %s", (slot_id, slot) => {
  expect(read(sticky({ slot_id }))?.slot).toBe(slot);
});

test("the oldest member's transport is followed where the membership asks for it", () => {
  const focus_active = { type: "livekit", focus_selection: "oldest_membership" };
  expect(read(legacy({ focus_active }))?.followsOldest).toBe(true);
});

test("a membership without times lasts four hours from when it was sent", () => {
  expect(read(legacy())).toMatchObject({ joinedAt: NOW, expiresAt: NOW + 4 * HOUR + SKEW_MS });
});

test("an update counts from the creation that it repeats", () => {
  const update = legacy({ created_ts: NOW - 5 * HOUR, expires: 8 * HOUR });
  expect(read(update)).toMatchObject({ joinedAt: NOW - 5 * HOUR, expiresAt: NOW + 3 * HOUR + SKEW_MS });
});

test.each([
  [{}, null],
  [{ "im.carillon.came_ts": NOW - HOUR }, NOW - HOUR],
  [{ "im.carillon.came_ts": "long ago" }, null],
])("when a Carillon that came anew came first is told by it alone: %j", (content, cameAt) => {
  expect([read(legacy(content))?.cameAt, read(sticky(content))?.cameAt]).toEqual([cameAt, cameAt]);
});

test.each([
  ["a made-up span", legacy({ expires: 1e300 })],
  ["a creation in the future", legacy({ created_ts: NOW + 1e12 })],
  ["a server whose clock is years ahead", legacy({}, { sentAt: NOW + 1e12 })],
  ["a sticky event of a year", sticky({}, { stickyUntil: NOW + 1e12 })],
])("nobody stays beyond a week by %s", (_, event) => {
  expect(read(event)?.expiresAt).toBeLessThanOrEqual(NOW + 7 * 24 * HOUR + 2 * SKEW_MS);
});

test("no content whatsoever breaks it, and nothing is read from what is not an object", () => {
  const hostile = fc.oneof(
    fc.anything(),
    fc.record(
      {
        application: fc.anything(),
        call_id: fc.anything(),
        device_id: fc.anything(),
        foci_preferred: fc.anything(),
        focus_active: fc.anything(),
        member: fc.anything(),
        slot_id: fc.anything(),
        sticky_key: fc.anything(),
        transports: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(hostile, fc.option(fc.string()), fc.double(), (content, stateKey, sentAt) => {
      for (const make of [legacy, sticky]) {
        const reading = readMemberEvent(make({}, { content, stateKey, sentAt }), NOW);
        expect(["member", "nobody", "slot", "unrelated"]).toContain(reading.kind);
      }
    }),
  );
  fc.assert(
    fc.property(
      fc.record({ application: fc.anything(), device_id: fc.anything(), expires: fc.anything() }),
      (changes) => {
        const member = read(legacy(changes));
        expect(member === null || Number.isFinite(member.expiresAt)).toBe(true);
      },
    ),
  );
});
