import { describe, expect, test } from "vitest";

import { nextRingAt, stepRing, type RingEvent } from "../../../shared/call/ring.ts";
import {
  alice,
  at,
  CAROL,
  carol,
  declined,
  left,
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
  withdrawn,
} from "./ring-world.ts";

const quiet = { quiet: true, repeatPasses: true };
const veryQuiet = { quiet: true, repeatPasses: false };

describe("many notifications of one person", () => {
  const second = notified(
    { id: "$2", sentAt: 10_000, expiresAt: 100_000, room: OTHER_ROOM, intent: "audio", member: "$alice2" },
    { now: 10_000 },
  );

  test("are one ring, which follows the newest", () => {
    const { state, effects } = play([notified(), second]);
    expect(effects.length).toBe(1);
    expect(state.ringing).toMatchObject([
      { id: "$1", room: OTHER_ROOM, intent: "audio", startedAt: NOW, expiresAt: NOW + 100_000 },
    ]);
  });

  test("the newest is the one that was sent last, not the one that was readable last", () => {
    const { state } = play([second, notified({}, { now: 11_000 })]);
    expect(state.ringing).toMatchObject([{ id: "$2", room: OTHER_ROOM, intent: "audio" }]);
  });

  test.each<[string, RingEvent]>([
    ["its call ends", session([], 20_000, OTHER_ROOM)],
    ["the caller goes from it", session([carol], 20_000, OTHER_ROOM)],
    ["it is withdrawn", withdrawn("$2", 20_000)],
    ["its member event is withdrawn", withdrawn("$alice2", 20_000)],
    ["it is declined elsewhere", declined("$2", 20_000)],
    ["we left its room", left(OTHER_ROOM, 20_000)],
    ["we answered it on another device", session([alice, ownDevice], 20_000, OTHER_ROOM)],
  ])("goes on with the one before it: %s", (_, stop) => {
    const { state, effects } = play([notified(), second, stop]);
    expect(effects.length).toBe(1);
    expect(state.ringing).toMatchObject([{ id: "$1", room: ROOM, intent: "video", expiresAt: NOW + 90_000 }]);
    expect(played([session([], 21_000)], state)).toEqual(["ended $1 cancelled"]);
  });

  test("goes on with the newest when the first is over", () => {
    const { state, effects } = play([notified(), second, at(90_000)]);
    expect(effects.length).toBe(1);
    expect(state.ringing[0]?.notifications.map(({ id }) => id)).toEqual(["$2"]);
    expect(played([at(100_000)], state)).toEqual(["ended $1 expired"]);
  });

  test("a shorter one that comes later does not make it shorter", () => {
    const short = notified({ id: "$2", sentAt: 1, expiresAt: 10_000, room: OTHER_ROOM }, { now: 1 });
    const { state } = play([notified(), short]);
    expect(state.ringing).toMatchObject([{ room: OTHER_ROOM, expiresAt: NOW + 90_000 }]);
    expect(nextRingAt(state)).toBe(NOW + 10_000);
    expect(play([at(10_000)], state).state.ringing).toMatchObject([{ room: ROOM, expiresAt: NOW + 90_000 }]);
  });

  test("a decline means what was sent before it too, not what was sent later", () => {
    const later = notified({ id: "$2", sentAt: 1 }, { now: 1 });
    expect(played([notified(), later, declined("$2", 5)])).toEqual(["started $1", "ended $1 declined"]);
    expect(played([notified(), later, declined("$1", 5)])).toEqual(["started $1"]);
  });

  test("each is declined with the ring", () => {
    expect(played([notified(), second, said("refused", "$1", 20_000)])).toEqual([
      "started $1",
      "decline $1",
      "decline $2",
      "ended $1 declined",
    ]);
  });

  test("never ring for more than two minutes together", () => {
    const flood = [1, 2, 3].map((n) =>
      notified({ id: `$f${n}`, sentAt: n * 39_000, expiresAt: n * 39_000 + 90_000 }, { now: n * 39_000 }),
    );
    const { state, effects } = play([notified(), ...flood]);
    expect(effects.length).toBe(1);
    expect(nextRingAt(state)).toBe(NOW + 120_000);
    expect(played([at(120_000)], state)).toEqual(["ended $1 expired"]);
    expect(played([at(120_000), ...flood.map((event) => ({ ...event, now: NOW + 121_000 }))], state)).toEqual(
      ["ended $1 expired"],
    );
  });

  test("one that says to ring for hours rings for two minutes", () => {
    expect(nextRingAt(play([notified({ expiresAt: 9e9 })]).state)).toBe(NOW + 120_000);
    expect(nextRingAt(play([notified({ expiresAt: 9e9 }, { members: [] })]).state)).toBe(NOW + 120_000);
  });

  test("a flood does not fill the state, nor is it declined one by one", () => {
    for (const members of [[alice], []]) {
      const flood = Array.from({ length: 1_200 }, (_, n) =>
        notified({ id: `$f${n}`, sentAt: n }, { members }),
      );
      const { state } = play(flood);
      const ids = [
        ...state.ringing.flatMap(({ notifications }) => notifications),
        ...state.waiting.map(({ notification }) => notification),
      ].map(({ id }) => id);
      expect(ids.length).toBe(8);
      expect(ids).toContain("$f1199");
      expect(state.done.length).toBe(1_000);
    }
  });

  test("a flood of redactions fills nothing, changes little, and stops what rings all the same", () => {
    const before = play([notified({ id: "$0" }), said("answered", "$0", 1), notified()]).state;
    const all = Array.from({ length: 1_200 }, (_, n) => withdrawn(`$r${n}`, 10 + n));
    const full = play(all, before).state;
    expect(full.done.map(({ id }) => id).slice(0, 2)).toEqual(["$0", "$r0"]);
    expect(full.done.length).toBe(51);
    for (const event of all) expect(stepRing(full, event)[0]).toBe(full);
    expect(played([withdrawn("$1", 2_000)], full)).toEqual(["ended $1 withdrawn"]);
    // By then whatever they withdrew is over.
    const later = play([withdrawn("$1", 2_000), at(122_000)], full).state;
    expect(later.done.map(({ id }) => id)).toEqual(["$0", "$1"]);
  });

  test("a flood shortens nothing, and takes nothing from others", () => {
    const short = Array.from(
      { length: 9 },
      (_, n) => ({ id: `$f${n}`, sentAt: n, expiresAt: 10_000 }) as const,
    );
    const ringing = play([notified({ expiresAt: 120_000 }), ...short.map((each) => notified(each))]);
    expect(ringing.state.ringing).toMatchObject([{ id: "$1", expiresAt: NOW + 120_000 }]);
    const carols = notified({ id: "$c", sender: CAROL, expiresAt: 5_000 }, { members: [] });
    const waiting = play([carols, ...short.map((each) => notified(each, { members: [] }))]);
    expect(waiting.state.waiting.map(({ notification }) => notification.id)).toContain("$c");
  });

  test("two people are two rings", () => {
    const other = notified(
      { id: "$c", sender: CAROL, member: "$carol" },
      { members: [alice, carol], now: 1 },
    );
    const { state, effects } = play([notified(), other]);
    expect(effects.length).toBe(2);
    expect(played([session([alice], 2)], play([session([alice, carol], 2)], state).state)).toEqual([
      "ended $c cancelled",
    ]);
    expect(played([said("answered", "$c", 2)], state)).toEqual(["ended $c answered"]);
    expect(played([declined("$c", 2)], state)).toEqual(["ended $c declined"]);
  });

  test("the sixth ring that somebody begins within three minutes is not seen, nor are those after it", () => {
    const call = (n: number, now: number): readonly RingEvent[] => [
      notified({ id: `$${n}`, sentAt: now, expiresAt: now + 90_000 }, { now }),
      session([], now + 1_000),
    ];
    const calls = [0, 1, 2, 3, 4, 5, 6].flatMap((n) => call(n, n * 10_000));
    const { state, effects } = play(calls);
    expect(effects.map((effect) => "ring" in effect && effect.ring.shown)).toEqual([
      ...Array.from({ length: 10 }, () => true),
      ...Array.from({ length: 4 }, () => false),
    ]);
    const more = notified({ id: "$m", sentAt: 73_000, expiresAt: 99_000 }, { now: 73_000 });
    const unseen = notified({ id: "$7", sentAt: 72_000, expiresAt: 99_000 }, { now: 72_000 });
    expect(played([unseen, more], state)).toEqual(["started $7 unseen"]);
    expect(played(call(7, 182_000), state)[0]).toBe("started $7 unseen");
    expect(played(call(7, 400_000), state)[0]).toBe("started $7");
    const carols = notified(
      { id: "$c", sender: CAROL, expiresAt: 200_000 },
      { now: 70_000, members: [carol] },
    );
    expect(played([carols], state)).toEqual(["started $c"]);
  });
});

describe("do not disturb", () => {
  const again = (now: number, disturb = quiet) =>
    notified({ id: "$2", sentAt: now, expiresAt: now + 90_000 }, { now, disturb });

  test("what is not to disturb is tracked and ends unseen", () => {
    const silent = notified({}, { disturb: veryQuiet });
    expect(played([silent, session([], 5)])).toEqual(["started $1 unseen", "ended $1 cancelled"]);
    expect(played([silent, at(90_000)])).toEqual(["started $1 unseen", "ended $1 expired"]);
  });

  test.each<[string, RingEvent, string]>([
    ["a second ring within three minutes passes", again(180_000), "started $2"],
    ["a second ring later does not", again(180_001), "started $2 unseen"],
    ["nor where the user does not want it", again(60_000, veryQuiet), "started $2 unseen"],
    ["without quiet it rings anyway", again(60_000, { quiet: false, repeatPasses: false }), "started $2"],
  ])("%s", (_, second, expected) => {
    const first = notified({}, { disturb: quiet });
    expect(played([first, session([], 5), second])).toEqual([
      "started $1 unseen",
      "ended $1 cancelled",
      expected,
    ]);
  });

  test("another person's ring is no repeat", () => {
    const carols = notified({ id: "$c", sender: CAROL }, { disturb: quiet, members: [carol], now: 1 });
    expect(played([notified({}, { disturb: quiet }), carols])).toEqual([
      "started $1 unseen",
      "started $c unseen",
    ]);
  });

  test("two events about one call are no repeat", () => {
    const legacy = notified({ id: "$2", member: null }, { disturb: quiet, now: 1 });
    expect(played([notified({}, { disturb: quiet }), legacy])).toEqual(["started $1 unseen"]);
  });

  test("who rings on when the quiet is over is seen", () => {
    const silent = notified({}, { disturb: quiet });
    const loud = notified({ id: "$2", sentAt: 5 }, { now: 5 });
    expect(played([silent, loud, loud, at(90_000)])).toEqual([
      "started $1 unseen",
      "revealed $1",
      "ended $1 expired",
    ]);
  });

  test("the repeat is known after a restart", () => {
    const { state } = play([notified({}, { disturb: quiet }), session([], 5)]);
    expect(played([again(60_000)], restarted(state))).toEqual(["started $2"]);
  });
});
