import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { expiryOf } from "../../../shared/call/lifetime.ts";
import type { EventId } from "../../../shared/matrix/ids.ts";
import { LONGEST_RING_MS } from "../../../shared/rtc/notification.ts";
import { noticePlace, readSignal, SIGNAL_TYPES, type HeardEvent } from "../../../shared/rtc/read-signal.ts";

const NOW = 1_800_000_000_000;
const RTC = "org.matrix.msc4075.rtc.notification";

const event = (fields: Partial<HeardEvent>): HeardEvent => ({
  type: RTC,
  stateKey: null,
  room: "!r:hs",
  sender: "@alice:hs",
  eventId: "$e",
  sentAt: NOW - 100,
  content: {},
  stickyUntil: null,
  receivedAt: NOW,
  ageMs: 100,
  redacted: false,
  redacts: undefined,
  ...fields,
});
const noNotice = () => null;
const read = (fields: Partial<HeardEvent>, noticeAt: (place: string) => EventId | null = noNotice) =>
  readSignal(event(fields), noticeAt);
const notice = (fields: Partial<HeardEvent>) => {
  const signal = read(fields);
  return signal?.type === "notified" ? signal.notification : null;
};

/** As matrix-js-sdk 43 sends it. */
const content = {
  slot_id: "m.call#ROOM",
  "m.mentions": { user_ids: ["@bob:hs"], room: false },
  notification_type: "ring",
  "m.relates_to": { event_id: "$member", rel_type: "m.reference" },
  sender_ts: NOW - 300,
  lifetime: 90_000,
  msc4354_sticky_key: "m.call#ROOM",
  "m.call.intent": "video",
};

describe("captured events", () => {
  /** Element Call 0.26.1 in a direct room; decrypted. */
  const ring = event({
    sender: "@peer1-7a52ff49:localhost:8448",
    eventId: "$BXNVFt5jXZmxzq9DTsOAp-bbNhcXpPK32jAwVoRf43c",
    room: "!HrugOXf-G22X-fyMN21LhC2Wa6ski10NURPM5sQQzg4",
    sentAt: 1795209239394,
    ageMs: 74,
    receivedAt: 1795209239474,
    content: {
      "m.mentions": { user_ids: [], room: true },
      notification_type: "ring",
      "m.relates_to": {
        event_id: "$gRIzrsNTaOxDuQoHzB2xK3W7eBFkq86Ta0S0wzCCQF8",
        rel_type: "m.reference",
      },
      sender_ts: 1795209239151,
      lifetime: 90000,
      "m.call.intent": "video",
    },
  });

  test("Element Call's ring, which names neither slot nor sticky key", () => {
    expect(readSignal(ring, noNotice)).toEqual({
      type: "notified",
      notification: {
        id: "$BXNVFt5jXZmxzq9DTsOAp-bbNhcXpPK32jAwVoRf43c",
        room: "!HrugOXf-G22X-fyMN21LhC2Wa6ski10NURPM5sQQzg4",
        sender: "@peer1-7a52ff49:localhost:8448",
        kind: "ring",
        slot: "m.call#ROOM",
        member: "$gRIzrsNTaOxDuQoHzB2xK3W7eBFkq86Ta0S0wzCCQF8",
        users: [],
        everyone: true,
        intent: "video",
        sentAt: 1795209239394,
        // 90 s after the sender's own time, 243 ms before the server's.
        expiresAt: 1795209239474 - 74 - 243 + 90_000,
      },
    });
  });

  test("Element Call's announcement in a room does not ring", () => {
    const announced = {
      ...ring,
      content: { ...(ring.content as object), notification_type: "notification" },
    };
    expect(readSignal(announced, noNotice)).toMatchObject({ notification: { kind: "announcement" } });
  });

  test("memberships come and go at one place", () => {
    const member = {
      type: "org.matrix.msc3401.call.member",
      stateKey: "_@peer1-7a52ff49:localhost:8448_OQMGBRZCAC_m.call",
      sender: "@peer1-7a52ff49:localhost:8448" as const,
    };
    const joined = read({
      ...member,
      eventId: "$gRIzrsNTaOxDuQoHzB2xK3W7eBFkq86Ta0S0wzCCQF8",
      sentAt: 1795209238974,
      receivedAt: 1795209239094,
      content: {
        application: "m.call",
        call_id: "",
        device_id: "OQMGBRZCAC",
        expires: 14400000,
        foci_preferred: [
          {
            livekit_alias: "!HrugOXf-G22X-fyMN21LhC2Wa6ski10NURPM5sQQzg4",
            livekit_service_url: "http://localhost:8081",
            type: "livekit",
          },
        ],
        focus_active: { focus_selection: "multi_sfu", type: "livekit" },
        "m.call.intent": "video",
        membershipID: "@peer1-7a52ff49:localhost:8448:OQMGBRZCAC",
        scope: "m.room",
      },
    });
    const left = read({ ...member, eventId: "$e4LFRoNe1sUz0tHfsEt", sentAt: 1795209246834 });
    expect(joined).toMatchObject({
      type: "membership",
      id: "$gRIzrsNTaOxDuQoHzB2xK3W7eBFkq86Ta0S0wzCCQF8",
      sender: member.sender,
      joined: { device: "OQMGBRZCAC", slot: "m.call#ROOM", intent: "video" },
    });
    expect(left).toMatchObject({ type: "membership", joined: null, sentAt: 1795209246834 });
    expect(left).toHaveProperty("place", joined?.type === "membership" && joined.place);
  });

  test("a sticky membership and its end", () => {
    const type = "org.matrix.msc4143.rtc.member";
    const key = "4f320498-8575-4a9b-a71a-3e3cfe532520";
    const joined = read({
      type,
      sender: "@peer1-ffcdec42:localhost:8448",
      stickyUntil: NOW + 3_600_000,
      content: {
        application: { type: "m.call", "m.call.intent": "video" },
        slot_id: "m.call#ROOM",
        transports: {
          published: [{ type: "livekit", livekit_service_url: "http://localhost:8081" }],
          can_subscribe: ["livekit"],
        },
        member: { device_id: "WXMIOTNRHL", user_id: "@peer1-ffcdec42:localhost:8448", id: key },
        versions: [],
        msc4354_sticky_key: key,
      },
    });
    const left = read({
      type,
      sender: "@peer1-ffcdec42:localhost:8448",
      stickyUntil: NOW + 3_600_000,
      content: { msc4354_sticky_key: key },
    });
    expect(joined).toMatchObject({ joined: { device: "WXMIOTNRHL", slot: "m.call#ROOM" } });
    expect(left).toMatchObject({ joined: null });
    expect(left).toHaveProperty("place", joined?.type === "membership" && joined.place);
  });
});

describe("notifications", () => {
  test("matrix-js-sdk's, of named people", () => {
    expect(notice({ content })).toEqual({
      id: "$e",
      room: "!r:hs",
      sender: "@alice:hs",
      kind: "ring",
      slot: "m.call#ROOM",
      member: "$member",
      users: ["@bob:hs"],
      everyone: false,
      intent: "video",
      sentAt: NOW - 100,
      expiresAt: expiryOf({
        senderAt: NOW - 300,
        sentAt: NOW - 100,
        lifetimeMs: 90_000,
        ageMs: 100,
        receivedAt: NOW,
      }),
    });
  });

  test("the newest text's, under each of its names, always ring", () => {
    const invite = {
      slot_id: "m.call#room",
      sender_ts: NOW,
      lifetime: 90_000,
      "m.mentions": { user_ids: ["@bob:hs"], room: false },
      sticky_key: "m.call#room",
    };
    for (const type of ["m.rtc.invite", "m.rtc.notification", RTC])
      expect(notice({ type, content: invite })).toMatchObject({
        kind: "ring",
        slot: "m.call#ROOM",
        member: null,
        users: ["@bob:hs"],
        intent: "audio",
      });
  });

  test.each([
    ["ring", "ring"],
    ["notify", "announcement"],
  ])("an old client's call.notify of %s is a %s", (notify, kind) => {
    const old = {
      application: "m.call",
      call_id: "",
      notify_type: notify,
      "m.mentions": { user_ids: ["@bob:hs"], room: false },
    };
    expect(notice({ type: "org.matrix.msc4075.call.notify", content: old })).toMatchObject({
      kind,
      slot: "m.call#ROOM",
      member: null,
      users: ["@bob:hs"],
      intent: "audio",
    });
  });

  test.each([
    ["another kind announces", { notification_type: "shout" }, { kind: "announcement" }],
    ["another intent is audio", { "m.call.intent": 7 }, { intent: "audio" }],
    [
      "another relation is none",
      { "m.relates_to": { rel_type: "m.thread", event_id: "$x" } },
      { member: null },
    ],
    [
      "what is no event is no member",
      { "m.relates_to": { rel_type: "m.reference", event_id: "x" } },
      { member: null },
    ],
    [
      "what is no user is not meant",
      { "m.mentions": { user_ids: ["@b:hs", 1, "bob", "@b:hs"], room: "yes" } },
      { users: ["@b:hs"], everyone: false },
    ],
    ["mentions of another shape mean nobody", { "m.mentions": { user_ids: "@b:hs" } }, { users: [] }],
    [
      "times of another shape count as not said",
      { sender_ts: "1", lifetime: -1 },
      { expiresAt: NOW - 100 + 90_000 },
    ],
  ])("%s", (_name, more, expected) => {
    expect(notice({ content: { ...content, ...more } })).toMatchObject(expected);
  });

  test.each([
    ["no mentions at all", { content: { ...content, "m.mentions": undefined } }],
    ["a slot that is no text", { content: { ...content, slot_id: {} } }],
    ["nothing", { content: {} }],
    ["null", { content: null }],
    ["a state event", { content, stateKey: "" }],
    ["what is only on its way to the server", { content, eventId: "~!r:hs:m1" as EventId }],
    ["a sender that is no user", { content, sender: "@:" as HeardEvent["sender"] }],
    ["another type", { content, type: "m.room.message" }],
  ])("%s is no notification", (_name, fields) => {
    expect(read(fields)).toBeNull();
  });
});

describe("withdrawals", () => {
  test.each([{ msc4354_sticky_key: "m.call#ROOM" }, { sticky_key: "m.call#room", slot_id: "m.call#room" }])(
    "%j clears the sender's notification of that session",
    (cleared) => {
      const places: string[] = [];
      const signal = read({ eventId: "$clear", content: cleared }, (place) => {
        places.push(place);
        return "$e";
      });
      expect(signal).toEqual({ type: "withdrawn", room: "!r:hs", id: "$e" });
      const heard = notice({ content });
      expect(places).toEqual([heard && noticePlace(heard)]);
    },
  );

  test("what clears an unknown notification says nothing", () => {
    expect(read({ content: { msc4354_sticky_key: "m.call#ROOM" } })).toBeNull();
  });

  test("a redaction withdraws what it redacts, and a redacted event itself", () => {
    const withdrawn = { type: "withdrawn", room: "!r:hs", id: "$e" };
    expect(read({ type: "m.room.redaction", eventId: "$r", redacts: "$e" })).toEqual(withdrawn);
    expect(read({ type: "m.room.redaction", eventId: "$r", redacts: 5 })).toBeNull();
    expect(read({ type: "m.room.encrypted", redacted: true })).toEqual(withdrawn);
    expect(read({ redacted: true })).toEqual(withdrawn);
    expect(
      read({ type: "org.matrix.msc3401.call.member", stateKey: "_@alice:hs_D_m.call", redacted: true }),
    ).toMatchObject({ type: "membership", joined: null });
  });
});

describe("declines", () => {
  const declined = { "m.relates_to": { rel_type: "m.reference", event_id: "$n" }, msc4354_sticky_key: "$n" };

  test.each(["org.matrix.msc4310.rtc.decline", "m.rtc.decline"])("%s names what it declines", (type) => {
    expect(read({ type, content: declined })).toEqual({
      type: "declined",
      id: "$e",
      room: "!r:hs",
      sender: "@alice:hs",
      of: "$n",
      reason: null,
      sentAt: NOW - 100,
    });
  });

  test("a reason is told where we know it", () => {
    const type = "m.rtc.decline";
    const why = (reason: unknown) => read({ type, content: { ...declined, "im.carillon.reason": reason } });
    expect(why("busy")).toMatchObject({ reason: "busy" });
    expect(why("bored")).toMatchObject({ reason: null });
    expect(why(["busy"])).toMatchObject({ reason: null });
  });

  test("without a reference it declines nothing", () => {
    expect(read({ type: "m.rtc.decline", content: { sticky_key: "$n" } })).toBeNull();
  });
});

describe("hostile events", () => {
  const keys = [...Object.keys(content), "sticky_key", "application", "call_id", "notify_type", "device_id"];
  const anyContent = fc.oneof(
    fc.anything(),
    fc
      .dictionary(fc.constantFrom(...keys), fc.anything(), { maxKeys: 2 })
      .map((more) => ({ ...content, ...more })),
    fc.dictionary(
      fc.constantFrom(...keys),
      fc.oneof(fc.anything(), fc.constantFrom(...Object.values(content))),
    ),
  );
  const anyTime = fc.oneof(fc.double(), fc.integer({ min: NOW - 1e7, max: NOW + 1e7 }));
  const anyEvent = fc.record({
    type: fc.oneof(fc.constantFrom(...SIGNAL_TYPES, "m.room.redaction"), fc.string()),
    stateKey: fc.option(fc.string()),
    eventId: fc.oneof(fc.constant("$e"), fc.string()) as fc.Arbitrary<EventId>,
    sender: fc.oneof(fc.constant("@a:hs"), fc.string()) as fc.Arbitrary<HeardEvent["sender"]>,
    sentAt: anyTime,
    ageMs: fc.option(anyTime),
    content: anyContent,
    redacted: fc.boolean(),
    redacts: fc.anything(),
  });

  test("never throw, and never ring for longer than two minutes", () => {
    fc.assert(
      fc.property(anyEvent, (fields) => {
        const signal = read(fields);
        if (signal?.type !== "notified") return;
        const { expiresAt, users, id } = signal.notification;
        expect(expiresAt).toBeLessThanOrEqual(NOW + LONGEST_RING_MS);
        expect(id).toMatch(/^\$/);
        for (const user of users) expect(user).toMatch(/^@.*:/);
      }),
      { numRuns: 2_000 },
    );
  });
});
