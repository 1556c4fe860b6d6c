import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { EventId, UserId } from "../../../shared/matrix/ids.ts";
import type { MemberEvent } from "../../../shared/rtc/member-event.ts";
import {
  noSessions,
  stepSession,
  transportOf,
  type RoomSessions,
  type SessionEvent,
} from "../../../shared/rtc/session.ts";
import { captured } from "./samples.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const A: UserId = "@a:hs";
const B: UserId = "@b:hs";

interface Said {
  readonly user?: UserId;
  readonly device?: string;
  readonly at?: number;
  readonly id?: string;
  readonly content?: object;
  readonly memberId?: string;
}

const legacy = ({ user = A, device = "D", at = NOW, id = `${at}`, content }: Said = {}): MemberEvent => ({
  type: "org.matrix.msc3401.call.member",
  stateKey: `_${user}_${device}_m.call`,
  sender: user,
  eventId: `$${id}`,
  sentAt: at,
  stickyUntil: null,
  content:
    content && Object.keys(content).length === 0
      ? {}
      : {
          application: "m.call",
          call_id: "",
          device_id: device,
          focus_active: { type: "livekit", focus_selection: "multi_sfu" },
          foci_preferred: [{ type: "livekit", livekit_service_url: `https://${user.slice(1, 2)}.hs` }],
          ...content,
        },
});

const sticky = ({
  user = A,
  device = "D",
  at = NOW,
  id = `${at}`,
  content,
  memberId = "m",
}: Said = {}): MemberEvent => ({
  type: "org.matrix.msc4143.rtc.member",
  stateKey: null,
  sender: user,
  eventId: `$${id}`,
  sentAt: at,
  stickyUntil: at + HOUR,
  content: {
    slot_id: "m.call#ROOM",
    application: { type: "m.call" },
    member: { id: memberId, user_id: user, device_id: device },
    transports: { published: [{ type: "livekit", livekit_service_url: "https://sfu.hs" }] },
    msc4354_sticky_key: memberId,
    ...content,
  },
});

const slot = (status: string | null, at = NOW, key = "m.call#ROOM"): MemberEvent => ({
  type: "org.matrix.msc4143.rtc.slot",
  stateKey: key,
  sender: A,
  eventId: `$slot${at}`,
  sentAt: at,
  stickyUntil: null,
  content: status === null ? {} : { status, application: { type: "m.call" } },
});

const heard = (event: MemberEvent, now = NOW, joined = true): SessionEvent => ({
  type: "heard",
  event,
  joined,
  now,
});
const after = (...events: SessionEvent[]): RoomSessions =>
  events.reduce((state, event) => stepSession(state, event)[0], noSessions);
const call = (state: RoomSessions) =>
  state.sessions.find(({ slot }) => slot === "m.call#ROOM")?.members ?? [];
const devices = (state: RoomSessions) => call(state).map(({ user, device }) => `${user} ${device}`);

test("a real call of Element Call, both ways that it tells its members", () => {
  for (const name of ["compatibility", "matrix-2-0"] as const) {
    const { events } = captured(name);
    const sizes: number[] = [];
    let state = noSessions;
    for (const event of events) {
      [state] = stepSession(state, heard(event, event.sentAt));
      sizes.push(call(state).length);
    }
    expect(Math.max(...sizes)).toBe(2);
    expect(sizes.at(-1)).toBe(0);
  }
});

test("members stand in the order in which they came, whatever order they are heard in", () => {
  const state = after(
    heard(legacy({ user: B, at: NOW + 2 })),
    heard(legacy({ user: A, at: NOW + 3 })),
    heard(sticky({ user: "@c:hs", at: NOW + 1 })),
  );
  expect(call(state).map(({ user }) => user)).toEqual(["@c:hs", B, A]);
});

test("an update keeps its place, a rejoin goes to the end", () => {
  const both = [heard(legacy({ at: NOW })), heard(legacy({ user: B, at: NOW + 1 }))];
  const update = legacy({ at: NOW + 5, content: { created_ts: NOW, "m.call.intent": "audio" } });
  expect(call(after(...both, heard(update))).map(({ user }) => user)).toEqual([A, B]);
  expect(call(after(...both, heard(legacy({ at: NOW + 5 })))).map(({ user }) => user)).toEqual([B, A]);
});

test("a sticky membership that is sent again is still the same stay", () => {
  const [first] = call(after(heard(sticky({ at: NOW }))));
  const [again] = call(after(heard(sticky({ at: NOW })), heard(sticky({ at: NOW + HOUR / 2 }))));
  expect(again).toMatchObject({
    joinedAt: first?.joinedAt,
    stay: first?.stay,
    eventId: `$${NOW + HOUR / 2}`,
  });
});

test("whoever is not in the room is not in the call, and is again when they come back", () => {
  const out: SessionEvent = { type: "moved", user: A, joined: false, now: NOW };
  expect(devices(after(heard(legacy(), NOW, false)))).toEqual([]);
  expect(devices(after(heard(legacy()), out))).toEqual([]);
  expect(devices(after(heard(legacy()), out, { ...out, joined: true }))).toEqual([`${A} D`]);
});

test("a membership expires when its time has come, and says when that is", () => {
  const state = after(heard(legacy({ content: { expires: HOUR } })));
  const at = state.nextExpiryAt ?? 0;
  expect(at).toBeGreaterThanOrEqual(NOW + HOUR);
  expect(
    devices(after(heard(legacy({ content: { expires: HOUR } })), { type: "time", now: at - 1 })),
  ).toHaveLength(1);
  const [gone, effects] = stepSession(state, { type: "time", now: at });
  expect(devices(gone)).toEqual([]);
  expect(gone.nextExpiryAt).toBeNull();
  expect(effects).toEqual([{ type: "session-changed", slot: "m.call#ROOM" }]);
});

test("one device counts once: by its sticky membership, else by the newest", () => {
  const one = after(
    heard(legacy({ at: NOW + 9 })),
    heard(sticky({ at: NOW, memberId: "x" })),
    heard(sticky({ at: NOW + 1, memberId: "y" })),
  );
  expect(call(one).map(({ memberId }) => memberId)).toEqual(["y"]);
  const plain = { ...legacy({ at: NOW + 1 }), stateKey: `${A}_D_m.call` };
  expect(call(after(heard(legacy({ at: NOW })), heard(plain))).map(({ eventId }) => eventId)).toEqual([
    plain.eventId,
  ]);
});

test("when the membership by which a device counts ends, the other counts", () => {
  const state = after(
    heard(legacy({ at: NOW })),
    heard(sticky({ at: NOW + 1 })),
    heard({ ...sticky({ at: NOW + 2 }), content: { slot_id: "m.call#ROOM", msc4354_sticky_key: "m" } }),
  );
  expect(call(state).map(({ form }) => form)).toEqual(["legacy"]);
});

test("a redacted membership is a leave, whether or not its key was redacted with it", () => {
  const redacted = (event: MemberEvent) => ({ ...event, content: {} });
  expect(devices(after(heard(legacy()), heard(redacted(legacy()))))).toEqual([]);
  expect(devices(after(heard(sticky()), heard(redacted(sticky()))))).toEqual([]);
});

test("the redaction of an older event says nothing about the newer one", () => {
  const old = legacy({ at: NOW });
  const state = after(heard(old), heard(legacy({ at: NOW + 1 })), heard({ ...old, content: {} }));
  expect(devices(state)).toEqual([`${A} D`]);
});

test("a membership that somebody overwrites is gone, as it is for everybody who reads the room afresh", () => {
  const forged = { ...legacy({ id: "forged" }), sender: B };
  expect(devices(after(heard(legacy()), heard(forged)))).toEqual([]);
  const events = [{ event: forged, joined: true }];
  expect(devices(after({ type: "read", events, now: NOW }))).toEqual([]);
});

test("applications and calls are never mixed", () => {
  const state = after(
    heard(legacy()),
    heard({ ...legacy({ content: { application: "org.game" } }), stateKey: `_${A}_D_org.game` }),
    heard({ ...legacy({ user: B, content: { call_id: "two" } }), stateKey: `_${B}_D_m.calltwo` }),
    heard(sticky({ user: B, content: { slot_id: "org.game#ROOM", application: { type: "org.game" } } })),
  );
  expect(state.sessions.map(({ slot, application, members }) => [slot, application, members.length])).toEqual(
    [
      ["m.call#ROOM", "m.call", 1],
      ["m.call#two", "m.call", 1],
      ["org.game#", "org.game", 1],
      ["org.game#ROOM", "org.game", 1],
    ],
  );
});

test("both spellings of the room's call are one session", () => {
  const text = sticky({ user: B, content: { slot_id: "m.call#room" } });
  expect(devices(after(heard(legacy()), heard(text)))).toHaveLength(2);
});

test("a closed slot has no sticky members, and has them again when it opens; legacy ones do not know slots", () => {
  const both = [heard(sticky()), heard(legacy({ user: B }))];
  const open = after(...both, heard(slot("open")));
  expect(devices(open)).toHaveLength(2);
  for (const closed of [slot("closed", NOW + 1), slot(null, NOW + 1), slot("ajar", NOW + 1)]) {
    const [state, effects] = stepSession(open, heard(closed));
    expect(devices(state)).toEqual([`${B} D`]);
    expect(effects).toHaveLength(1);
    expect(devices(stepSession(state, heard(slot("open", NOW + 2)))[0])).toHaveLength(2);
  }
});

test("by the older rule everybody publishes where the oldest member does", () => {
  const follows = { focus_active: { type: "livekit", focus_selection: "oldest_membership" } };
  const state = after(heard(legacy()), heard(legacy({ user: B, at: NOW + 1, content: follows })));
  const session = state.sessions[0];
  const urls = session?.members.map((member) => session && transportOf(session, member)?.serviceUrl);
  expect(urls).toEqual(["https://a.hs", "https://a.hs"]);
});

test("what does not change the session leaves the very same object", () => {
  const state = after(heard(legacy()), heard(legacy({ user: B })));
  const [same, effects] = stepSession(state, { type: "moved", user: "@z:hs", joined: true, now: NOW });
  expect(same).toBe(state);
  expect(effects).toEqual([]);
  const [repeated] = stepSession(state, heard({ ...legacy({ user: "@z:hs" }), content: {} }));
  expect(repeated.sessions).toBe(state.sessions);
  const [changed] = stepSession(state, heard(legacy({ user: "@c:hs", at: NOW + 1 })));
  expect(call(changed)[0]).toBe(call(state)[0]);
});

/** What a hostile or unlucky room may bring: joins, leaves, forgeries, expiry, repetition, two dialects, wrong clocks. */
const users: readonly UserId[] = [A, B, "@c:hs"];
const anyUser = fc.constantFrom(...users);
const anyEvent = fc.record({
  user: anyUser,
  owner: anyUser,
  device: fc.constantFrom("D", "E", "D_E"),
  claimed: fc.constantFrom("D", "E", "D_E"),
  form: fc.constantFrom("legacy", "unprefixed", "sticky", "text"),
  memberId: fc.constantFrom("m", "n"),
  leaves: fc.boolean(),
  agoMs: fc.integer({ min: 0, max: 10 * HOUR }),
  expires: fc.option(fc.integer({ min: 0, max: 6 * HOUR }), { nil: undefined }),
  createdAgoMs: fc.option(fc.integer({ min: 0, max: 10 * HOUR }), { nil: undefined }),
});
type AnyEvent = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never;

function made(raw: AnyEvent, index: number, now: number): MemberEvent {
  const at = now - raw.agoMs;
  const id = `${index}`;
  const { user, owner, device, claimed, memberId } = raw;
  if (raw.form === "legacy" || raw.form === "unprefixed") {
    const content = raw.leaves
      ? {}
      : {
          device_id: claimed,
          ...(raw.expires === undefined ? {} : { expires: raw.expires }),
          ...(raw.createdAgoMs === undefined ? {} : { created_ts: now - raw.createdAgoMs }),
        };
    const event = legacy({ user, device: claimed, at, id, content });
    return { ...event, stateKey: `${raw.form === "legacy" ? "_" : ""}${owner}_${device}_m.call` };
  }
  const event = sticky({ user, device: claimed, at, id, memberId });
  if (raw.leaves) return { ...event, content: { msc4354_sticky_key: memberId } };
  const member =
    raw.form === "text"
      ? { id: memberId, membership: "join" }
      : { id: memberId, user_id: owner, device_id: claimed };
  return { ...event, content: { ...(event.content as object), member } };
}

test("in any order, repetition and skew of clocks nobody counts who left, expired, is forged, or is there already", () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.array(fc.tuple(anyUser, fc.boolean()), { maxLength: 6 }),
      fc.integer({ min: -60_000, max: 60_000 }),
      fc.boolean(),
      (raws, order, moves, skew, fresh) => {
        const local = NOW + skew;
        const events = raws.map((raw, index) => made(raw, index, NOW));
        const joined = new Map(users.map((user) => [user, true]));
        const steps: SessionEvent[] = [];
        for (const [at, pick] of order.entries()) {
          const event = events[pick % Math.max(1, events.length)];
          if (event) steps.push(heard(event, local, joined.get(event.sender) ?? false));
          const move = moves[at];
          if (move) {
            joined.set(...move);
            steps.push({ type: "moved", user: move[0], joined: move[1], now: local });
          }
        }
        steps.push({ type: "time", now: local });
        const state = fresh
          ? after({
              type: "read",
              events: events.map((event) => ({ event, joined: joined.get(event.sender) ?? false })),
              now: local,
            })
          : after(...steps);

        const byId = new Map<EventId, [MemberEvent, AnyEvent]>();
        for (const [index, event] of events.entries()) {
          const raw = raws[index];
          if (raw) byId.set(event.eventId, [event, raw]);
        }
        const seen = new Set<string>();
        for (const { slot, application, members } of state.sessions) {
          for (const member of members) {
            expect([slot, application]).toEqual(["m.call#ROOM", "m.call"]);
            expect(joined.get(member.user)).toBe(true);
            const key = member.device === "" ? member.id : `${member.user} ${member.device}`;
            expect(seen.has(key)).toBe(false);
            seen.add(key);
            const [event, raw] = byId.get(member.eventId) ?? [];
            if (!event || !raw) throw new Error("a member out of nowhere");
            // Not forged: the sender and device of the content are the key's.
            expect(raw.leaves).toBe(false);
            expect(member.user).toBe(event.sender);
            if (raw.form !== "text") expect(raw.owner).toBe(event.sender);
            if (member.form === "legacy")
              expect([raw.device, raw.claimed]).toEqual([member.device, member.device]);
            // Not expired, by the true time and what clocks may differ.
            const created = Math.min(NOW - (raw.createdAgoMs ?? raw.agoMs), event.sentAt);
            const ends =
              member.form === "legacy" ? created + (raw.expires ?? 4 * HOUR) : (event.stickyUntil ?? 0);
            expect(ends + 2 * 60_000).toBeGreaterThan(NOW);
          }
        }
        const sorted = call(state).map(({ joinedAt }) => joinedAt);
        expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
      },
    ),
    { numRuns: 500 },
  );
});

test("whoever is in, unexpired and unforged is counted, whatever the skew", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -60_000, max: 60_000 }),
      fc.integer({ min: 0, max: HOUR }),
      fc.uniqueArray(fc.tuple(anyUser, fc.constantFrom("D", "E", "D_E")), { maxLength: 9, selector: String }),
      (skew, agoMs, all) => {
        const events = all.map(([user, device], at) =>
          legacy({ user, device, at: NOW - agoMs, id: `${at}` }),
        );
        // Its last second.
        const content = { expires: agoMs + 1_000 };
        const last = events.map((event) => ({
          ...event,
          content: { ...(event.content as object), ...content },
        }));
        const steps = last.map((event) => heard(event, NOW + skew));
        expect(devices(after(...steps, { type: "time", now: NOW + skew })).toSorted()).toEqual(
          all.map(([user, device]) => `${user} ${device}`).toSorted(),
        );
      },
    ),
  );
});

test("hearing events one by one and reading them all come to the same", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (raws) => {
      const events = raws.map((raw, index) => made(raw, index, NOW));
      const stepped = after(...events.map((event) => heard(event)), { type: "time", now: NOW });
      const read = after({
        type: "read",
        events: events.map((event) => ({ event, joined: true })),
        now: NOW,
      });
      expect(stepped.sessions).toEqual(read.sessions);
    }),
  );
});
