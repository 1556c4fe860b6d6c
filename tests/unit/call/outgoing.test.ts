import fc from "fast-check";
import { expect, test } from "vitest";

import {
  isRinging,
  stepOutgoing,
  type Outgoing,
  type OutgoingEffect,
  type OutgoingEvent,
} from "../../../shared/call/outgoing.ts";
import { LONGEST_RING_MS, RING_MS } from "../../../shared/rtc/notification.ts";

const room = "!a:hs";
const bob = "@bob:hs";
const carol = "@carol:hs";
const member = "$member";
const notification = "$ring";
type Asked = OutgoingEvent & { type: "asked" };
type Session = OutgoingEvent & { type: "session" };

/** A call to Bob, from the click. */
const asked = (more: Partial<Asked> = {}): Asked => ({
  type: "asked",
  id: 1,
  room,
  direct: true,
  atStart: true,
  ring: [bob],
  people: [bob],
  present: [],
  intent: "video",
  now: 0,
  ...more,
});
/** In a room of more: Bob and Carol. */
const everyone = asked({ direct: false, ring: "everyone", people: [bob, carol] });
const session = (more: Partial<Session> = {}): Session => ({
  type: "session",
  room,
  own: member,
  first: true,
  others: [],
  now: 1,
  ...more,
});
const sent: OutgoingEvent = { type: "sent", id: 1, notification, expiresAt: RING_MS, now: 2 };
const comes = (...others: Session["others"]) => session({ first: others.length === 0, others, now: 3 });
const declines = (user: typeof bob | typeof carol, more: object = {}): OutgoingEvent => ({
  type: "declined",
  room,
  user,
  of: notification,
  reason: null,
  now: 4,
  ...more,
});
const at = (now: number): OutgoingEvent => ({ type: "time", now });
const gone: OutgoingEvent = { type: "call-gone" };

function run(...events: readonly OutgoingEvent[]) {
  let state: Outgoing | null = null;
  const all: OutgoingEffect[] = [];
  for (const event of events) {
    const [next, effects] = stepOutgoing(state, event);
    state = next;
    all.push(...effects);
  }
  return { phase: state?.phase ?? null, effects: all.map(({ type }) => type), all, state };
}

test.each<[string, OutgoingEvent[], Outgoing["phase"] | null, OutgoingEffect["type"][]]>([
  ["it calls until our membership stands", [asked(), session({ own: null })], "calling", []],
  ["then it notifies", [asked(), session()], "calling", ["notify"]],
  ["it notifies once", [asked(), session(), session()], "calling", ["notify"]],
  ["it rings once the server has it", [asked(), session(), sent], "ringing", ["notify"]],
  ["somebody rung who comes answers", [asked(), session(), sent, comes(bob)], "answered", ["notify"]],
  ["also before the server's word is here", [asked(), session(), comes(bob), sent], "answered", ["notify"]],
  [
    "somebody else who comes does not answer",
    [asked(), session(), sent, comes(carol)],
    "ringing",
    ["notify"],
  ],
  [
    "anybody answers what rings everyone",
    [everyone, session(), sent, comes("@dora:hs")],
    "answered",
    ["notify"],
  ],
  [
    "a decline ends a call to a person",
    [asked(), session(), sent, declines(bob)],
    "declined",
    ["notify", "give-up"],
  ],
  [
    "also one that overtakes the server's word",
    [asked(), session(), declines(bob), sent],
    "declined",
    ["notify", "give-up"],
  ],
  [
    "a decline of another ring is none",
    [asked(), session(), sent, declines(bob, { of: "$old" })],
    "ringing",
    ["notify"],
  ],
  [
    "a decline of somebody who was not rung is none",
    [asked(), session(), sent, declines(carol)],
    "ringing",
    ["notify"],
  ],
  [
    "a decline elsewhere is none",
    [asked(), session(), sent, declines(bob, { room: "!b:hs" })],
    "ringing",
    ["notify"],
  ],
  [
    "who is busy says so",
    [asked(), session(), sent, declines(bob, { reason: "busy" })],
    "busy",
    ["notify", "give-up"],
  ],
  [
    "one of two who declines leaves it ringing",
    [everyone, session(), sent, declines(bob)],
    "ringing",
    ["notify"],
  ],
  [
    "all who decline end the ring, and the call of many goes on",
    [everyone, session(), sent, declines(bob), declines(carol, { reason: "busy" })],
    "declined",
    ["notify"],
  ],
  [
    "its expiry is no answer",
    [asked(), session(), sent, at(RING_MS)],
    "no-answer",
    ["notify", "withdraw", "give-up"],
  ],
  ["not before", [asked(), session(), sent, at(RING_MS - 1)], "ringing", ["notify"]],
  [
    "a server that is never reached is a failure in the end",
    [asked(), session({ own: null }), at(RING_MS)],
    "failed",
    ["give-up"],
  ],
  [
    "one whose answer never comes too, and what may be there is withdrawn",
    [asked(), session(), at(RING_MS)],
    "failed",
    ["notify", "withdraw", "give-up"],
  ],
  [
    "a server that refuses is a failure",
    [asked(), session(), { type: "refused", id: 1, now: 2 }],
    "failed",
    ["notify", "give-up"],
  ],
  ["whoever hangs up takes the ring back", [asked(), session(), sent, gone], null, ["notify", "withdraw"]],
  ["also while it is on its way", [asked(), session(), gone, sent], null, ["notify", "withdraw"]],
  ["what was never sent needs no taking back", [asked(), gone, session()], null, []],
  [
    "hanging up after an answer takes nothing back",
    [asked(), session(), sent, comes(bob), gone],
    null,
    ["notify"],
  ],
  [
    "hanging up after a decline neither",
    [everyone, session(), sent, declines(bob), declines(carol), gone],
    null,
    ["notify"],
  ],
  ["it does not ring where somebody is there already", [asked(), comes(carol)], null, []],
  ["nor where another device of ours is", [asked(), session({ first: false })], null, []],
  [
    "an announcement is sent and is nothing to wait for",
    [asked({ direct: false, ring: "nobody", people: [] }), session()],
    null,
    ["notify"],
  ],
  [
    "in the call it rings whom one asks for",
    [asked({ direct: false, atStart: false, present: [carol] }), comes(carol), sent],
    "ringing",
    ["notify"],
  ],
  ["nobody is rung who is there", [asked({ atStart: false, present: [bob] }), comes(bob)], null, []],
  [
    "who was there does not answer",
    [{ ...everyone, atStart: false, present: [carol] }, comes(carol), sent, comes(carol)],
    "ringing",
    ["notify"],
  ],
  [
    "who was there, left and comes back does",
    [
      asked({ direct: false, atStart: false, ring: "everyone", people: [bob, carol], present: [carol] }),
      comes(carol),
      sent,
      comes(),
      comes(carol),
    ],
    "answered",
    ["notify"],
  ],
  [
    "in a call of many the outcome is told for a while",
    [everyone, session(), sent, at(RING_MS), at(RING_MS + 9_999)],
    "no-answer",
    ["notify", "withdraw"],
  ],
  [
    "and no longer",
    [everyone, session(), sent, at(RING_MS), at(RING_MS + 10_000)],
    null,
    ["notify", "withdraw"],
  ],
  [
    "a ring into another call takes this one back",
    [asked(), session(), sent, asked({ id: 2, room: "!b:hs" })],
    "calling",
    ["notify", "withdraw"],
  ],
  [
    "the word of an old ring is nothing to the new one",
    [asked(), session(), asked({ id: 2 }), sent],
    "calling",
    ["notify"],
  ],
])("%s", (_what, events, phase, effects) => {
  expect(run(...events)).toMatchObject({ phase, effects });
});

test("the notification names our member event and those who are rung", () => {
  expect(run(asked(), session()).all).toEqual([
    { type: "notify", id: 1, room, member, ring: [bob], intent: "video" },
  ]);
});

test("a server's idea of the future does not make it ring for ever", () => {
  const { state } = run(asked(), session(), { ...sent, expiresAt: 1e15 } as OutgoingEvent);
  expect(state?.until).toBe(2 + LONGEST_RING_MS);
});

const user = fc.constantFrom<("@bob:hs" | "@carol:hs")[]>(bob, carol);
const now = fc.nat({ max: 300_000 });
const event: fc.Arbitrary<OutgoingEvent> = fc.oneof(
  fc.record({
    type: fc.constant("session" as const),
    room: fc.constant<"!a:hs">(room),
    own: fc.constantFrom(null, member),
    first: fc.boolean(),
    others: fc.uniqueArray(user),
    now,
  }),
  fc.record({
    type: fc.constant("sent" as const),
    id: fc.constantFrom(1, 2),
    notification: fc.constant<"$ring">(notification),
    expiresAt: fc.nat({ max: 1_000_000 }),
    now,
  }),
  fc.record({ type: fc.constant("refused" as const), id: fc.constantFrom(1, 2), now }),
  fc.record({
    type: fc.constant("declined" as const),
    room: fc.constant<"!a:hs">(room),
    user,
    of: fc.constantFrom<("$ring" | "$old")[]>(notification, "$old"),
    reason: fc.constantFrom(null, "busy" as const),
    now,
  }),
  fc.record({ type: fc.constant("time" as const), now }),
);

const timeOf = (one: OutgoingEvent) => ("now" in one ? one.now : 0);

test("for any events, a ring ends once its time is over, and is withdrawn once, if it was sent and nobody answered", () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.array(event, { maxLength: 40 }),
      fc.boolean(),
      (direct, atStart, events, hangsUp) => {
        const begin = asked({
          direct,
          atStart,
          ring: direct ? [bob] : "everyone",
          people: direct ? [bob] : [bob, carol],
        });
        const inOrder = events.toSorted((a, b) => timeOf(a) - timeOf(b));
        const ring: { state: Outgoing | null } = { state: null };
        let sending = false;
        let refused = false;
        const ends = new Set<string>();
        const told: OutgoingEffect["type"][] = [];
        const tell = (one: OutgoingEvent) => {
          const before = ring.state;
          const [next, effects] = stepOutgoing(before, one);
          ring.state = next;
          if (one.type === "refused" && one.id === 1 && isRinging(before)) refused = true;
          if (isRinging(before) && !isRinging(next)) ends.add(next?.phase ?? "gone");
          for (const { type } of effects) told.push(type);
          if (effects.some(({ type }) => type === "notify")) sending = true;
        };
        tell(begin);
        for (const one of inOrder) tell(one);
        if (hangsUp) tell(gone);
        tell(at(1e9));
        expect(isRinging(ring.state)).toBe(false);
        expect(ends.size).toBe(1);
        const [outcome = ""] = ends;
        const unanswered = !["answered", "declined", "busy"].includes(outcome);
        const withdrawn = told.filter((type) => type === "withdraw").length;
        expect(withdrawn).toBe(sending && unanswered && !refused ? 1 : 0);
        expect(told.filter((type) => type === "notify").length).toBeLessThanOrEqual(1);
        const given = told.filter((type) => type === "give-up").length;
        expect(given).toBe(direct && !["answered", "gone"].includes(outcome) ? 1 : 0);
      },
    ),
  );
});
