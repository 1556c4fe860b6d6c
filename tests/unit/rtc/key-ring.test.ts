import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  emptyRing,
  parseKeyMessage,
  stepRing,
  type KeyAccepted,
  type KeyRing,
  type ReceivedKey,
  type RingEvent,
  type RingMember,
} from "../../../shared/rtc/key-ring.ts";
import { noSessions, stepSession } from "../../../shared/rtc/session.ts";
import { captured } from "./samples.ts";

const member = (name: string, more: Partial<RingMember> = {}): RingMember => ({
  id: name,
  user: `@${name}:hs`,
  device: "D",
  memberId: name,
  stay: "1",
  ...more,
});
const bytes = (fill: number, length = 16) => new Uint8Array(length).fill(fill);
const key = (name: string, more: Partial<ReceivedKey> = {}): ReceivedKey => ({
  user: `@${name}:hs`,
  device: "D",
  memberId: name,
  index: 0,
  sentAt: 1,
  key: bytes(1),
  ...more,
});
const members = (...all: RingMember[]): RingEvent => ({ type: "members", members: all, now: 0 });
const received = (one: ReceivedKey, now = 0): RingEvent => ({ type: "received", key: one, now });

function after(...events: RingEvent[]): readonly [KeyRing, readonly KeyAccepted[]] {
  let ring = emptyRing;
  const all: KeyAccepted[] = [];
  for (const event of events) {
    const [next, accepted] = stepRing(ring, event);
    ring = next;
    all.push(...accepted);
  }
  return [ring, all];
}

const [a, b] = [member("a"), member("b")];

test.each(["compatibility", "matrix-2-0"] as const)(
  "keys of a real call (%s) are those of its members",
  (name) => {
    const { events, keys, room, peers } = captured(name);
    let state = noSessions;
    for (const event of events.slice(0, 2)) {
      [state] = stepSession(state, { type: "heard", event, joined: true, now: event.sentAt });
    }
    const [ring] = stepRing(emptyRing, {
      type: "members",
      members: state.sessions[0]?.members ?? [],
      now: 0,
    });
    let taken = 0;
    for (const { type, sender, content } of keys) {
      const from = peers.find(({ user }) => user === sender) ?? null;
      const message = parseKeyMessage({ type, sender, from, content });
      expect(message).toMatchObject({ room, slot: "m.call#ROOM", user: sender, device: from?.device });
      if (!message) continue;
      const decoded = { ...message, key: new Uint8Array(Buffer.from(message.key, "base64")) };
      expect(decoded.key).toHaveLength(16);
      taken += stepRing(ring, received(decoded))[1].length;
      expect(parseKeyMessage({ type, sender, from: null, content })).toBeNull();
    }
    expect(taken).toBeGreaterThan(0);
  },
);

test("a key of a member is taken; without a member id the device tells whose it is", () => {
  expect(after(members(a, b), received(key("a")))[1]).toEqual([
    { type: "key-accepted", member: "a", index: 0, key: bytes(1) },
  ]);
  expect(after(members(a, b), received(key("b", { memberId: null })))[1].map(({ member }) => member)).toEqual(
    ["b"],
  );
});

test.each([
  ["another device", { device: "E" }],
  ["another user", { user: "@z:hs" as const }],
  ["another member id", { memberId: "z" }],
])("a key of %s is nobody's", (_, more) => {
  const [ring, accepted] = after(members(a, b), received(key("a", more)));
  expect(accepted).toEqual([]);
  expect(ring.held.size).toBe(0);
});

test.each([0, 15, 33, 1000])("a key of %d bytes is none", (length) => {
  const [ring, accepted] = after(members(a), received(key("a", { key: bytes(1, length) })));
  expect(accepted).toEqual([]);
  expect(after(received(key("a", { key: bytes(1, length) })), members(a))[1]).toEqual([]);
  expect(ring.early).toEqual([]);
});

test("a key that comes before its member waits for it, for a minute", () => {
  expect(after(received(key("a")), members(b), members(a, b))[1].map(({ member }) => member)).toEqual(["a"]);
  const late: RingEvent = { type: "members", members: [a], now: 60_000 };
  expect(after(received(key("a")), late)[1]).toEqual([]);
});

test("under one index the newest counts, in any order", () => {
  const old = received(key("a", { key: bytes(1), sentAt: 1 }));
  const fresh = received(key("a", { key: bytes(2), sentAt: 2 }));
  for (const order of [
    [old, fresh],
    [fresh, old],
  ]) {
    for (const events of [
      [members(a), ...order],
      [...order, members(a)],
    ]) {
      expect(
        after(...events)[0]
          .held.get("a")
          ?.get(0)?.key,
      ).toEqual(bytes(2));
    }
  }
});

test("the same key again is no news", () => {
  expect(after(members(a), received(key("a")), received(key("a", { sentAt: 2 })))[1]).toHaveLength(1);
});

test("a member's keys go with it; what it sends after is not used, and a new stay begins anew", () => {
  const late = received(key("a", { index: 1, sentAt: 5, key: bytes(7) }));
  const [ring, accepted] = after(members(a), received(key("a")), members(), late);
  expect(ring.held.size).toBe(0);
  expect(accepted).toHaveLength(1);
});

test("who came anew at once, and whose key was read before their leave, is heard with it", () => {
  const [ring, accepted] = after(members(a), received(key("a")), members(), members({ ...a, stay: "2" }));
  expect(ring.held.get("a")?.get(0)?.key).toEqual(bytes(1));
  expect(accepted).toHaveLength(2);
  // Of more than a few the newest are kept.
  const many = Array.from({ length: 20 }, (_, index) => received(key("a", { index, sentAt: index })));
  const [last] = after(members(a), ...many, members(), members({ ...a, stay: "2" }));
  expect([...(last.held.get("a")?.keys() ?? [])]).toEqual([16, 17, 18, 19]);
});

test("what they send once they are back counts before it, whatever the clock says; after a minute it is gone", () => {
  const back = members({ ...a, stay: "2" });
  const anew = received(key("a", { sentAt: 3, key: bytes(9) }));
  for (const order of [
    [back, anew],
    [anew, back],
  ]) {
    const [ring] = after(members(a), received(key("a", { sentAt: 100 })), members(), ...order);
    expect(ring.held.get("a")?.get(0)?.key).toEqual(bytes(9));
  }
  const late: RingEvent = { type: "members", members: [a], now: 60_000 };
  expect(after(members(a), received(key("a")), members(), late)[0].held.size).toBe(0);
});

test("a new stay whose clock was set back is believed", () => {
  const events = [members(a), received(key("a", { sentAt: 100 })), members({ ...a, stay: "2" })];
  const [ring] = after(...events, received(key("a", { sentAt: 3, key: bytes(9) })));
  expect(ring.held.get("a")?.get(0)?.key).toEqual(bytes(9));
});

test("a flood of early keys pushes out only its own, and stays small", () => {
  const flood = Array.from({ length: 5_000 }, (_, at) =>
    received(key("z", { index: at % 256, memberId: `${at}` })),
  );
  const [ring] = after(received(key("a")), ...flood);
  expect(ring.early.length).toBeLessThan(10);
  expect(stepRing(ring, members(a))[1]).toHaveLength(1);
  const crowd = Array.from({ length: 5_000 }, (_, at) => received(key(`u${at}`)));
  expect(after(...crowd)[0].early.length).toBeLessThanOrEqual(256);
});

test("a member's flood of new keys is slowed down, and takes nothing from the others", () => {
  const [ring] = after(members(a, member("b")));
  let state = ring;
  let accepted = 0;
  const hear = (event: RingEvent) => {
    const [next, effects] = stepRing(state, event);
    state = next;
    accepted += effects.length;
  };
  for (let at = 0; at < 10_000; at++)
    hear(received(key("a", { index: at % 256, key: bytes(at % 251), sentAt: at })));
  expect(accepted).toBeLessThanOrEqual(32);
  expect(state.held.get("a")?.size).toBeLessThanOrEqual(32);
  accepted = 0;
  hear(received(key("b")));
  expect(accepted).toBe(1);
  // The same key again costs nothing, and later there is room for new ones.
  accepted = 0;
  for (let at = 1; at <= 60; at++)
    hear({ ...received(key("a", { index: 0, key: bytes(at), sentAt: 20_000 + at })), now: at * 1_000 });
  expect(accepted).toBe(60);
});

test("no message whatsoever breaks the parser, and none in clear is taken", () => {
  const hostile = fc.oneof(
    fc.anything(),
    fc.record({
      room_id: fc.anything(),
      keys: fc.oneof(fc.anything(), fc.record({ index: fc.anything(), key: fc.anything() })),
      member: fc.oneof(fc.anything(), fc.record({ id: fc.anything(), claimed_device_id: fc.anything() })),
      session: fc.anything(),
      sent_ts: fc.anything(),
    }),
  );
  fc.assert(
    fc.property(hostile, (content) => {
      const message = { type: "io.element.call.encryption_keys", sender: "@a:hs" as const, content };
      const parsed = parseKeyMessage({ ...message, from: { user: "@a:hs", device: "D" } });
      expect(parsed === null || parsed.device === "D").toBe(true);
      expect(parseKeyMessage({ ...message, from: null })).toBeNull();
    }),
  );
});

test("in any order of members and keys only members' own keys are held", () => {
  const name = fc.constantFrom("a", "b", "c");
  const anyKey = fc.record({
    user: name,
    device: fc.constantFrom("D", "E"),
    memberId: fc.option(name),
    index: fc.nat(3),
    sentAt: fc.nat(5),
    fill: fc.nat(255),
  });
  const event = fc.oneof(
    fc.uniqueArray(name).map((names) => members(...names.map((one) => member(one)))),
    anyKey.map(({ user, fill, ...rest }) => received({ ...rest, user: `@${user}:hs`, key: bytes(fill) })),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const [ring] = after(...events);
      const last = events.findLast(({ type }) => type === "members");
      const ids = last?.type === "members" ? last.members.map(({ id }) => id) : [];
      const honest = events.flatMap((one) => (one.type === "received" ? [one.key] : []));
      for (const [id, keys] of ring.held) {
        expect(ids).toContain(id);
        for (const [index, held] of keys) {
          const sources = honest.filter(
            (one) =>
              one.user === `@${id}:hs` &&
              one.device === "D" &&
              (one.memberId === null || one.memberId === id) &&
              one.index === index,
          );
          expect(sources.map((one) => one.key)).toContainEqual(held.key);
        }
      }
    }),
  );
});
