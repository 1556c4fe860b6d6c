import { describe, expect, test } from "vitest";

import {
  noRings,
  stepRing,
  type RingEvent,
  type SessionMember,
  type Standing,
} from "../../../shared/call/ring.ts";
import type { CallNotification } from "../../../shared/rtc/notification.ts";
import {
  ALICE,
  alice,
  at,
  CAROL,
  carol,
  declined,
  direct,
  left,
  ME,
  member,
  notified,
  NOW,
  OTHER_ROOM,
  ownDevice,
  play,
  played,
  restarted,
  ROOM,
  said,
  session,
  signedOut,
  thisDevice,
  withdrawn,
} from "./ring-world.ts";

const group: Standing = { ...direct, direct: false };
const quiet = { quiet: true, repeatPasses: true };

describe("who may ring", () => {
  test.each<[string, Partial<CallNotification>, Partial<Standing>, boolean]>([
    ["a person with whom we share a direct room rings", {}, direct, true],
    ["a room is silent unless the user wants it to ring", {}, group, false],
    ["a room that the user turned on rings", {}, { ...group, ringing: "on" }, true],
    ["a person whom the user turned off is silent", {}, { ...direct, ringing: "off" }, false],
    ["an ignored user never rings", {}, { ...direct, ignored: true, ringing: "on" }, false],
    [
      "a room that we are only invited to never rings",
      {},
      { ...direct, joined: false, ringing: "on" },
      false,
    ],
    ["an announcement never rings", { kind: "announcement" }, { ...direct, ringing: "on" }, false],
    ["another of our devices' own call never rings", { sender: ME }, direct, false],
    ["an event that poses as the test ring does not ring", { id: "$test" }, direct, false],
    ["another slot than the room's call never rings", { slot: "m.call#side" }, direct, false],
    ["who is not mentioned is not rung", { users: [CAROL] }, { ...group, ringing: "on" }, false],
    ["not even between two people", { users: [] }, direct, false],
    [
      "everyone in a room, by one who may say so",
      { users: [], everyone: true },
      { ...group, ringing: "on", mayMentionRoom: true },
      true,
    ],
    [
      "everyone in a room, by one who may not",
      { users: [], everyone: true },
      { ...group, ringing: "on" },
      false,
    ],
    ["everyone, between two people", { users: [], everyone: true }, direct, true],
    [
      "everyone, in a room that is silent",
      { users: [], everyone: true },
      { ...group, mayMentionRoom: true },
      false,
    ],
  ])("%s", (_, over, standing, rings) => {
    const event = notified(over, { standing: { ...direct, ...standing } });
    expect(played([event])).toEqual(rings ? ["started $1"] : []);
    // What may not ring now may when it is heard again, by what is known then.
    if (!rings) expect(stepRing(noRings, event)[0]).toBe(noRings);
  });

  test("a ring says who calls, where, with what and for how long", () => {
    const event = notified({}, { now: 1_000 });
    expect(play([event]).effects).toEqual([
      {
        type: "started",
        ring: {
          id: "$1",
          from: ALICE,
          room: ROOM,
          intent: "video",
          startedAt: NOW + 1_000,
          expiresAt: NOW + 90_000,
          notifications: [event.notification],
          shown: true,
        },
      },
    ]);
  });
});

describe("what is heard too late", () => {
  test.each<[string, readonly RingEvent[]]>([
    ["a notification that is over does not ring", [notified({}, { now: 90_000 })]],
    ["nor one that has no end", [notified({ expiresAt: NaN })]],
    ["nor when the clock is set back and it comes again", [notified({}, { now: 90_000 }), notified()]],
    ["we are in that call already", [notified({}, { members: [alice, thisDevice] })]],
    ["another of our devices is in that call already", [notified({}, { members: [alice, ownDevice] })]],
    [
      "and has left since, as the notification comes again",
      [notified({}, { members: [alice, ownDevice] }), notified({}, { now: 1_000 })],
    ],
    ["our decline came before it", [declined("$1", 0), notified({}, { now: 10 })]],
    ["it was withdrawn before it was readable", [withdrawn("$1", 0), notified({}, { now: 10 })]],
    ["its member event was withdrawn before", [withdrawn("$alice", 0), notified({}, { now: 10 })]],
  ])("%s", (_, events) => {
    expect(played([...events, session([alice], 20)])).toEqual([]);
  });

  test("what was withdrawn before does not ring when it comes again an hour later with no age to tell", () => {
    const again = notified({ expiresAt: 3_600_000 }, { now: 3_500_000 });
    for (const id of ["$1", "$alice"] as const)
      expect(played([withdrawn(id, 0), notified({}, { now: 10 }), again])).toEqual([]);
  });

  test("somebody else's decline before it does not keep it from ringing", () => {
    expect(played([declined("$1", 0, false), notified({}, { now: 10 })])).toEqual(["started $1"]);
  });
});

describe("what stops a ring", () => {
  test.each<[string, readonly RingEvent[], string | null]>([
    ["answered here", [said("answered", "$1", 5)], "answered"],
    ["answered here by joining the call", [session([alice, thisDevice], 5)], "answered"],
    ["another of our devices comes into the call", [session([alice, ownDevice], 5)], "answered-elsewhere"],
    ["another device of ours stays when the caller goes", [session([ownDevice], 5)], "answered-elsewhere"],
    ["a device of ours comes into another room's call", [session([alice, ownDevice], 5, OTHER_ROOM)], null],
    ["declined on any of our devices", [declined("$1", 5)], "declined"],
    ["declined by somebody else", [declined("$1", 5, false)], null],
    ["another notification declined", [declined("$2", 5)], null],
    ["put off", [said("put-off", "$1", 5)], "put-off"],
    ["the call ends", [session([], 5)], "cancelled"],
    ["the caller goes, others stay", [session([alice, carol], 5), session([carol], 6)], "cancelled"],
    ["others come and go", [session([alice, carol], 5), session([alice], 6)], null],
    ["another room's call ends", [session([], 5, OTHER_ROOM)], null],
    ["the notification is withdrawn", [withdrawn("$1", 5)], "withdrawn"],
    ["the caller's member event is withdrawn", [withdrawn("$alice", 5)], "withdrawn"],
    ["another event is withdrawn", [withdrawn("$2", 5)], null],
    ["its lifetime is over", [at(90_000)], "expired"],
    ["its lifetime is nearly over", [at(89_999)], null],
    ["the machine slept through it", [at(9_000_000)], "expired"],
    ["something else happens after its lifetime", [declined("$1", 90_000)], "expired"],
    ["we left the room", [left(ROOM, 5)], "room-left"],
    ["we left another room", [left(OTHER_ROOM, 5)], null],
    ["signed out", [signedOut], "signed-out"],
    ["another ring is answered", [said("answered", "$2", 5)], null],
  ])("%s", (_, events, why) => {
    const { state, effects } = play([notified(), ...events]);
    const ends = effects.flatMap((effect) => (effect.type === "ended" ? [effect] : []));
    expect(ends.map((end) => [end.ring.id, end.why])).toEqual(why === null ? [] : [["$1", why]]);
    expect(state.ringing.length).toBe(why === null ? 1 : 0);
  });

  test("refusing it tells the caller", () => {
    expect(played([notified(), said("refused", "$1", 5)])).toEqual([
      "started $1",
      "decline $1",
      "ended $1 declined",
    ]);
  });

  test("a caller who was never seen in the call need not be there", () => {
    const events = [notified({}, { members: [carol] }), session([carol, member("@dave:hs")], 5)];
    expect(played(events)).toEqual(["started $1"]);
    expect(played([...events, session([], 6)])).toEqual(["started $1", "ended $1 cancelled"]);
  });

  test("the user's answer counts though its time ran out just before", () => {
    expect(played([notified(), said("answered", "$1", 90_001)])).toEqual(["started $1", "ended $1 answered"]);
    expect(played([notified(), said("refused", "$1", 90_001)])).toContain("decline $1");
  });

  test("what stopped once does not stop again", () => {
    const stops = [
      session([], 5),
      withdrawn("$1", 6),
      declined("$1", 7),
      said("answered", "$1", 8),
      at(90_000),
    ];
    expect(played([notified(), ...stops])).toEqual(["started $1", "ended $1 cancelled"]);
  });
});

describe("a call where nobody is yet", () => {
  const waits = notified({}, { members: [] });

  test.each<[string, readonly RingEvent[], readonly string[]]>([
    ["waits", [], []],
    ["rings when the caller comes", [session([alice], 5)], ["started $1"]],
    ["rings when anybody comes", [session([carol], 5)], ["started $1"]],
    ["does not ring for ourselves", [session([thisDevice], 5), session([alice], 6)], []],
    ["does not ring where another of our devices is", [session([alice, ownDevice], 5)], []],
    ["does not ring when its time is over", [session([alice], 90_000)], []],
    ["does not ring once withdrawn", [withdrawn("$1", 4), session([alice], 5)], []],
    ["does not ring once its member event is withdrawn", [withdrawn("$alice", 4), session([alice], 5)], []],
    ["does not ring once declined", [declined("$1", 4), session([alice], 5)], []],
    ["does not ring in a room that we left", [left(ROOM, 4), session([alice], 5)], []],
    ["does not ring once signed out", [signedOut, session([alice], 5)], []],
    ["does not ring twice when it comes again", [waits, session([alice], 5), waits], ["started $1"]],
    [
      "rings only until it would have without waiting",
      [session([alice], 89_000), at(90_000)],
      ["started $1", "ended $1 expired"],
    ],
  ])("%s", (_, events, expected) => {
    expect(played([waits, ...events])).toEqual(expected);
  });

  test("is what was told of it, where the room rings or waits already", () => {
    const carols = (members: readonly SessionMember[]) =>
      notified({ id: "$c", sender: CAROL, member: null }, { members, now: 5 });
    expect(played([notified(), carols([])])).toEqual(["started $1", "started $c"]);
    expect(played([waits, carols([alice])])).toEqual([]);
  });

  test("waits over a restart", () => {
    const state = restarted(play([waits]).state);
    expect(played([session([alice], 5)], state)).toEqual(["started $1"]);
  });

  test("two of one person become one ring", () => {
    const second = notified({ id: "$2", sentAt: 1 }, { members: [], now: 1 });
    const { state, effects } = play([waits, second, session([alice], 5)]);
    expect(effects.length).toBe(1);
    expect(state.ringing.map(({ notifications }) => notifications.map(({ id }) => id))).toEqual([
      ["$1", "$2"],
    ]);
  });

  test("what was quiet when it was heard is quiet when it rings", () => {
    const silent = notified({}, { members: [], disturb: quiet });
    expect(played([silent, session([alice], 5)])).toEqual(["started $1 unseen"]);
  });
});

describe("never a second ring for one event", () => {
  const stops: readonly (readonly [string, RingEvent])[] = [
    ["answered", said("answered", "$1", 5)],
    ["declined", said("refused", "$1", 5)],
    ["put off", said("put-off", "$1", 5)],
    ["declined elsewhere", declined("$1", 5)],
    ["cancelled", session([], 5)],
    ["withdrawn", withdrawn("$1", 5)],
    ["left the room", left(ROOM, 5)],
    ["while it rings", at(5)],
  ];
  test.each(stops)("%s, restarted, and it comes again", (_, stop) => {
    const { state } = play([notified(), stop]);
    expect(played([notified({}, { now: 10 })], restarted(state))).toEqual([]);
  });

  test("over, and it comes again within the hour with no age to tell", () => {
    const { state } = play([notified(), at(90_000)]);
    const again = notified({ expiresAt: 3_600_000 }, { now: 3_500_000 });
    expect(played([again], restarted(state))).toEqual([]);
  });

  test("what is done with is forgotten after a time", () => {
    const { state } = play([notified(), said("answered", "$1", 5), withdrawn("$other", 6), at(3_600_006)]);
    expect(state).toEqual(noRings);
  });

  test("a ring goes on over a restart until its end", () => {
    const state = restarted(play([notified()]).state);
    expect(played([at(50_000), at(90_000)], state)).toEqual(["ended $1 expired"]);
    expect(played([session([], 10)], state)).toEqual(["ended $1 cancelled"]);
    expect(played([session([alice, ownDevice], 10)], state)).toEqual(["ended $1 answered-elsewhere"]);
  });
});
