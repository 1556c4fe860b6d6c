import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { callsOf, readCalls, type CallFact, type CallRecord } from "../../../shared/call/history.ts";
import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import { readSignal } from "../../../shared/rtc/read-signal.ts";
import {
  ALICE,
  BOB,
  decline,
  HOURS_4,
  join,
  leave,
  me,
  ME,
  ring,
  ROOM,
  s,
  putOff,
  withdrawn,
  NOON,
} from "./history-world.ts";

/** In seconds after noon. */
const short = ({ direction, caller, outcome, startedAt, endedAt, talkedMs, people }: CallRecord) => [
  direction,
  caller,
  outcome,
  (startedAt - NOON) / 1000,
  endedAt === null ? null : (endedAt - NOON) / 1000,
  talkedMs === null ? null : talkedMs / 1000,
  people.join(" "),
];

const ringingMe = [join(0, ALICE), ring(1, ALICE)];
const myRing = [join(0, ME, "HERE"), ring(1, ME)];

test.each<[string, readonly CallFact[], number, readonly unknown[][]]>([
  [
    "a ring that we answer here",
    [...ringingMe, join(9, ME, "HERE"), leave(69, ME, "HERE"), leave(70, ALICE)],
    9999,
    [["incoming", ALICE, "answered", 0, 70, 60, "@alice:hs @me:hs"]],
  ],
  [
    "a ring that another device of ours answers",
    [...ringingMe, join(9, ME, "PHONE"), leave(69, ME, "PHONE"), leave(70, ALICE)],
    9999,
    [["incoming", ALICE, "elsewhere", 0, 70, 60, "@alice:hs @me:hs"]],
  ],
  [
    "a call that we take over from our other device, which is counted once where they overlap",
    [
      ...ringingMe,
      join(10, ME, "PHONE"),
      join(20, ME, "HERE"),
      leave(25, ME, "PHONE"),
      leave(40, ME, "HERE"),
      leave(41, ALICE),
    ],
    9999,
    [["incoming", ALICE, "answered", 0, 41, 30, "@alice:hs @me:hs"]],
  ],
  [
    "a caller who gives up",
    [...ringingMe, leave(12, ALICE)],
    13,
    [["incoming", ALICE, "missed", 0, 12, null, ALICE]],
  ],
  ["a ring that goes on", ringingMe, 60, [["incoming", ALICE, "ongoing", 0, null, null, ALICE]]],
  [
    "a ring that is over while the caller waits on",
    ringingMe,
    92,
    [["incoming", ALICE, "missed", 0, null, null, ALICE]],
  ],
  [
    "a ring that is taken back while the caller waits on",
    [...ringingMe, withdrawn(`$ring-${ALICE}-1`)],
    30,
    [["incoming", ALICE, "missed", 0, null, null, ALICE]],
  ],
  [
    "a ring that we put off while the caller waits on",
    [...ringingMe, putOff(20, `$ring-${ALICE}-1`)],
    30,
    [["incoming", ALICE, "missed", 0, null, null, ALICE]],
  ],
  [
    "a ring that we decline",
    [...ringingMe, decline(5, ME, `$ring-${ALICE}-1`), leave(6, ALICE)],
    9999,
    [["incoming", ALICE, "declined", 0, 6, null, ALICE]],
  ],
  [
    "a ring that we decline before we come after all",
    [
      ...ringingMe,
      decline(5, ME, `$ring-${ALICE}-1`),
      join(8, ME, "HERE"),
      leave(9, ME, "HERE"),
      leave(9, ALICE),
    ],
    9999,
    [["incoming", ALICE, "answered", 0, 9, 1, "@alice:hs @me:hs"]],
  ],
  [
    "an accept that comes when the caller is gone",
    [...ringingMe, leave(10, ALICE), join(11, ME, "HERE"), leave(13, ME, "HERE")],
    9999,
    [["incoming", ALICE, "answered", 0, 13, null, "@alice:hs @me:hs"]],
  ],
  ["a ring without any member", [ring(1, ALICE)], 9999, [["incoming", ALICE, "missed", 1, 91, null, ""]]],
  [
    "a ring without any member, yet",
    [ring(1, ALICE)],
    50,
    [["incoming", ALICE, "ongoing", 1, null, null, ""]],
  ],
  [
    "a ring without any member, taken back",
    [ring(1, ALICE), withdrawn(`$ring-${ALICE}-1`)],
    50,
    [["incoming", ALICE, "missed", 1, 1, null, ""]],
  ],
  [
    "a flood of rings is one call",
    [ring(1, ALICE), ring(20, ALICE), ring(40, BOB)],
    9999,
    [["incoming", ALICE, "missed", 1, 130, null, ""]],
  ],
  [
    "a ring whose call begins after it",
    [ring(1, ALICE), join(31, ALICE), leave(50, ALICE)],
    9999,
    [["incoming", ALICE, "missed", 1, 50, null, ALICE]],
  ],
  [
    "two tries are two calls",
    [
      ...ringingMe,
      leave(12, ALICE),
      join(30, ALICE),
      ring(31, ALICE),
      join(35, ME, "HERE"),
      leave(50, ALICE),
      leave(51, ME, "HERE"),
    ],
    9999,
    [
      ["incoming", ALICE, "missed", 0, 12, null, ALICE],
      ["incoming", ALICE, "answered", 30, 51, 15, "@alice:hs @me:hs"],
    ],
  ],
  [
    "a ring that names last week's call belongs to today's",
    [
      join(-600_000, ALICE, "D", { id: "$old" }),
      leave(-599_000, ALICE),
      join(-599_999, ME, "HERE"),
      leave(-599_000, ME, "HERE"),
      ring(0, ALICE, { member: "$old" }),
    ],
    9999,
    [
      ["incoming", ALICE, "answered", -600_000, -599_000, 999, "@alice:hs @me:hs"],
      ["incoming", ALICE, "missed", 0, 90, null, ""],
    ],
  ],
  [
    "a ring that comes late still belongs to the call it names, not to the one that runs",
    [
      join(0, ALICE, "D", { id: "$first" }),
      leave(5, ALICE),
      join(11, BOB, "D"),
      ring(12, ALICE, { member: "$first" }),
      leave(20, BOB),
    ],
    9999,
    [["incoming", ALICE, "missed", 0, 5, null, ALICE]],
  ],
  [
    "our ring, answered",
    [...myRing, join(8, ALICE), leave(68, ALICE), leave(69, ME, "HERE")],
    9999,
    [["outgoing", ME, "answered", 0, 69, 60, "@me:hs @alice:hs"]],
  ],
  [
    "our ring, while we are still there",
    [...myRing, decline(8, ALICE, `$ring-${ME}-1`)],
    10,
    [["outgoing", ME, "ongoing", 0, null, null, ME]],
  ],
  [
    "our ring, declined",
    [...myRing, decline(8, ALICE, `$ring-${ME}-1`), leave(9, ME, "HERE")],
    9999,
    [["outgoing", ME, "declined", 0, 9, null, ME]],
  ],
  [
    "our ring to somebody who is in another call",
    [...myRing, decline(3, ALICE, `$ring-${ME}-1`, "busy"), leave(9, ME, "HERE")],
    9999,
    [["outgoing", ME, "busy", 0, 9, null, ME]],
  ],
  [
    "our ring, declined by one and answered by another",
    [...myRing, decline(8, ALICE, `$ring-${ME}-1`), join(9, BOB), leave(20, BOB), leave(20, ME, "HERE")],
    9999,
    [["outgoing", ME, "answered", 0, 20, 11, "@me:hs @bob:hs"]],
  ],
  [
    "our ring, declined by somebody whom it was not for",
    [
      join(0, ME, "HERE"),
      ring(1, ME, { users: [ALICE] }),
      decline(8, BOB, `$ring-${ME}-1`),
      leave(91, ME, "HERE"),
    ],
    9999,
    [["outgoing", ME, "no-answer", 0, 91, null, ME]],
  ],
  [
    "our ring, given up",
    [...myRing, leave(20, ME, "HERE")],
    9999,
    [["outgoing", ME, "cancelled", 0, 20, null, ME]],
  ],
  [
    "our ring, which rang to its end and was then taken back",
    [...myRing, leave(90, ME, "HERE"), withdrawn(`$ring-${ME}-1`)],
    9999,
    [["outgoing", ME, "no-answer", 0, 90, null, ME]],
  ],
  [
    "our ring, if nothing is known of ourselves",
    [ring(1, ME), withdrawn(`$ring-${ME}-1`), ring(1000, ME)],
    9999,
    [
      ["outgoing", ME, "cancelled", 1, 1, null, ""],
      ["outgoing", ME, "no-answer", 1000, 1090, null, ""],
    ],
  ],
  ["a call that we opened and nobody came to", [join(0, ME, "HERE"), leave(60, ME, "HERE")], 9999, []],
  [
    "a call that we announced and nobody came to",
    [join(0, ME, "HERE"), ring(1, ME, { kind: "announcement" }), leave(60, ME, "HERE")],
    9999,
    [],
  ],
  [
    "a call that we opened without a ring",
    [join(0, ME, "HERE"), join(30, BOB), leave(60, BOB), leave(60, ME, "HERE")],
    9999,
    [["outgoing", ME, "answered", 0, 60, 30, "@me:hs @bob:hs"]],
  ],
  [
    "a room's call that we joined by ourselves, while others ring each other",
    [
      join(0, ALICE),
      ring(1, ALICE, { kind: "announcement", rangUs: false }),
      join(30, ME, "HERE"),
      ring(31, BOB, { rangUs: false, users: [ALICE] }),
      leave(50, ME, "HERE"),
      leave(60, ALICE),
    ],
    9999,
    [["incoming", ALICE, "answered", 0, 60, 20, "@alice:hs @me:hs"]],
  ],
  [
    "a room's call that is none of ours",
    [join(0, ALICE), ring(1, ALICE, { rangUs: false }), join(2, BOB), leave(60, ALICE), leave(60, BOB)],
    9999,
    [],
  ],
  [
    "somebody who rings us into a running call",
    [join(0, BOB), join(5, ALICE), ring(300, ALICE), leave(600, ALICE), leave(700, BOB)],
    9999,
    [["incoming", ALICE, "missed", 0, 700, null, "@bob:hs @alice:hs"]],
  ],
  [
    "a delayed leave that fired while we were there",
    [
      ...ringingMe,
      join(5, ME, "HERE"),
      leave(30, ME, "HERE"),
      join(32, ME, "HERE"),
      leave(60, ALICE),
      leave(61, ME, "HERE"),
    ],
    9999,
    [["incoming", ALICE, "answered", 0, 61, 53, "@alice:hs @me:hs"]],
  ],
  [
    "both flap at once and it stays one call",
    [
      ...ringingMe,
      join(5, ME, "HERE"),
      leave(30, ME, "HERE"),
      leave(30, ALICE),
      join(33, ALICE),
      join(34, ME, "HERE"),
      leave(50, ALICE),
      leave(50, ME, "HERE"),
    ],
    9999,
    [["incoming", ALICE, "answered", 0, 50, 41, "@alice:hs @me:hs"]],
  ],
  [
    "a member who renews stays, and one who falls silent is gone when the membership expires",
    [
      ...ringingMe,
      join(5, ME, "HERE"),
      join(HOURS_4 - 5, ALICE),
      join(HOURS_4 - 2, ME, "HERE"),
      leave(HOURS_4 + 100, ME, "HERE"),
    ],
    3 * HOURS_4,
    [["incoming", ALICE, "answered", 0, 2 * HOURS_4 - 5, HOURS_4 + 95, "@alice:hs @me:hs"]],
  ],
  [
    "a member who falls silent and comes back hours after the membership expired",
    [...ringingMe, join(2 * HOURS_4, ALICE), ring(2 * HOURS_4 + 1, ALICE), leave(2 * HOURS_4 + 9, ALICE)],
    3 * HOURS_4,
    [
      ["incoming", ALICE, "missed", 0, HOURS_4, null, ALICE],
      ["incoming", ALICE, "missed", 2 * HOURS_4, 2 * HOURS_4 + 9, null, ALICE],
    ],
  ],
  [
    "a moderator's redaction, which takes the content away",
    [
      ...ringingMe,
      join(3, ME, "HERE"),
      { ...leave(0, ALICE), id: `$join-${ALICE}-D-0` },
      leave(6, ME, "HERE"),
    ],
    9999,
    [["incoming", ALICE, "answered", 0, 6, null, "@alice:hs @me:hs"]],
  ],
  [
    "a redaction of which only the event is known",
    [...ringingMe, withdrawn(`$join-${ALICE}-D-0`)],
    1000,
    [["incoming", ALICE, "missed", 0, 0, null, ALICE]],
  ],
  [
    "something else than a call in the same room",
    [
      join(0, ALICE, "D", { slot: "com.example.board#ROOM" }),
      join(1, ME, "HERE", { slot: "com.example.board#ROOM" }),
    ],
    9999,
    [],
  ],
  [
    "another call of the room at the same time",
    [
      ...ringingMe,
      leave(60, ALICE),
      join(0, BOB, "D", { slot: "m.call#stage" }),
      join(2, ME, "HERE", { slot: "m.call#stage" }),
      leave(50, ME, "HERE"),
      leave(70, BOB),
    ],
    9999,
    [
      ["incoming", ALICE, "missed", 0, 60, null, ALICE],
      ["incoming", BOB, "answered", 0, 70, 48, "@bob:hs @me:hs"],
    ],
  ],
  ["a leave of which the join is unknown", [leave(3, ALICE)], 9999, []],
])("%s", (_what, facts, now, expected) => {
  const calls = callsOf(facts, me, s(now));
  expect(calls.map(short)).toEqual(expected);
});

test("a call says what it began with, where, and as what", () => {
  const facts = [...ringingMe, leave(12, ALICE)];
  expect(callsOf(facts, me, s(20))).toMatchObject([
    { id: `$join-${ALICE}-D-0`, room: ROOM, intent: "video" },
  ]);
});

test("the sender's fast clock neither keeps a call open after its leave nor makes it end before it starts", () => {
  const facts = [...ringingMe, leave(12, ALICE)];
  expect(callsOf(facts, me, s(-3600)).map(short)).toEqual([
    ["incoming", ALICE, "missed", 0, 12, null, ALICE],
  ]);
});

interface Captured {
  readonly room: RoomId;
  readonly peers: readonly { readonly user: UserId; readonly device: string }[];
  readonly events: readonly {
    readonly type: string;
    readonly state_key?: string;
    readonly sender: UserId;
    readonly event_id: EventId;
    readonly origin_server_ts: number;
    readonly content: unknown;
  }[];
}

/** What a real ring between two Element Calls left in the room, as facts. */
function captured() {
  const file = new URL("samples/dm-ring-accepted.json", import.meta.url);
  // Our own file.
  const { room, peers, events } = JSON.parse(readFileSync(file, "utf8")) as Captured;
  const facts = events.map((event) => {
    const signal = readSignal(
      {
        type: event.type,
        stateKey: event.state_key ?? null,
        sender: event.sender,
        eventId: event.event_id,
        sentAt: event.origin_server_ts,
        content: event.content,
        stickyUntil: null,
        room,
        receivedAt: event.origin_server_ts + 50,
        ageMs: 50,
        redacted: false,
        redacts: undefined,
      },
      () => null,
    );
    if (!signal) throw new Error(`says nothing: ${event.event_id}`);
    return signal;
  });
  const [caller, callee] = peers;
  if (!caller || !callee) throw new Error("two people are in it");
  return { facts, caller, callee };
}

test("a real ring that Element Call took reads the same on all sides", () => {
  const { facts, caller, callee } = captured();
  const rung = facts.map((fact): CallFact => (fact.type === "notified" ? { ...fact, rangUs: true } : fact));
  const common = {
    id: "$gRIzrsNTaOxDuQoHzB2xK3W7eBFkq86Ta0S0wzCCQF8",
    caller: caller.user,
    intent: "video",
    startedAt: 1795209238974,
    endedAt: 1795209238974 + 8091,
    talkedMs: 3585,
    people: [caller.user, callee.user],
  };
  const later = common.endedAt + 1;
  expect(callsOf(rung, callee, later)).toMatchObject([
    { ...common, direction: "incoming", outcome: "answered" },
  ]);
  const phone = { ...callee, device: "PHONE" };
  expect(callsOf(rung, phone, later)).toMatchObject([
    { ...common, direction: "incoming", outcome: "elsewhere" },
  ]);
  expect(callsOf(facts, caller, later)).toMatchObject([
    { ...common, direction: "outgoing", outcome: "answered" },
  ]);
});

test("the same ring before it was taken, and had it never been", () => {
  const { facts, caller, callee } = captured();
  const alone = facts
    .map((fact): CallFact => (fact.type === "notified" ? { ...fact, rangUs: true } : fact))
    .filter((fact) => fact.type !== "membership" || fact.sender === caller.user);
  const [joined, ring] = alone;
  if (!joined || !ring) throw new Error("it began with these");
  const began = 1795209238974;
  expect(callsOf([joined, ring], callee, began + 4000)).toMatchObject([
    { outcome: "ongoing", endedAt: null },
  ]);
  expect(callsOf(alone, callee, began + 8000)).toMatchObject([{ outcome: "missed", endedAt: began + 7860 }]);
  expect(callsOf(alone, caller, began + 8000)).toMatchObject([
    { outcome: "cancelled", people: [caller.user] },
  ]);
});

test.each<[string, readonly CallFact[], number, number | null]>([
  ["a ring, at its end", ringingMe, 10, 91],
  ["a caller who waits on, when the membership expires", ringingMe, 91, HOURS_4],
  ["all expired", ringingMe, HOURS_4, null],
  ["a caller who left", [...ringingMe, leave(12, ALICE)], 13, null],
  ["a ring without a member", [ring(1, ALICE)], 10, 91],
  ["a ring that was taken back", [ring(1, ALICE), withdrawn(`$ring-${ALICE}-1`)], 10, null],
  ["a call that is none of ours", [join(0, BOB)], 10, null],
])("time alone changes %s", (_what, facts, now, expected) => {
  expect(readCalls(facts, me, s(now)).changesAt).toBe(expected === null ? null : s(expected));
});
