import { describe, expect, test } from "vitest";

import { TEST_RING } from "../../../shared/call/ring-rules.ts";
import { nextRingAt, noRings, stepRing, type RingEvent } from "../../../shared/call/ring.ts";
import {
  ALICE,
  alice,
  at,
  CAROL,
  carol,
  declined,
  left,
  notified,
  NOW,
  OTHER_ROOM,
  play,
  played,
  ROOM,
  said,
  session,
  signedOut,
  tested,
  thisDevice,
  withdrawn,
} from "./ring-world.ts";

describe("the test ring", () => {
  const id = TEST_RING;

  test.each<[string, readonly RingEvent[], readonly string[]]>([
    ["rings for 15 s", [at(14_999)], []],
    ["and then ends", [at(15_000)], ["tested"]],
    ["ends when it is answered", [said("answered", id, 5)], ["tested"]],
    ["ends when it is refused, and tells nobody", [said("refused", id, 5)], ["tested"]],
    ["ends when it is put off", [said("put-off", id, 5)], ["tested"]],
    ["ends when we sign out", [signedOut], ["tested"]],
    ["is one, however often it is asked for", [tested(5)], []],
    ["ignores calls", [session([], 5), session([thisDevice], 6)], []],
    ["ignores rooms", [left(ROOM, 5)], []],
    ["ignores declines and withdrawals", [declined(id, 5), withdrawn(id, 6)], []],
  ])("%s", (_, events, ends) => {
    const { effects } = play([tested(0), ...events]);
    expect(effects.map((effect) => (effect.type === "ended" ? effect.why : effect.type))).toEqual([
      "started",
      ...ends,
    ]);
  });

  test("can be had again", () => {
    expect(played([tested(0), at(15_000), tested(20_000)])).toEqual([
      `started ${id}`,
      `ended ${id} tested`,
      `started ${id}`,
    ]);
  });

  test("stands beside a real ring of the same person", () => {
    const mine: RingEvent = { type: "tested", room: ROOM, from: ALICE, now: NOW };
    expect(played([mine, notified(), at(15_000), at(90_000)])).toEqual([
      `started ${id}`,
      "started $1",
      `ended ${id} tested`,
      "ended $1 expired",
    ]);
  });
});

describe("time", () => {
  test("must come when something is over", () => {
    expect(nextRingAt(noRings)).toBeNull();
    expect(nextRingAt(play([notified()]).state)).toBe(NOW + 90_000);
    expect(nextRingAt(play([notified({}, { members: [] })]).state)).toBe(NOW + 90_000);
    expect(nextRingAt(play([notified(), tested(0)]).state)).toBe(NOW + 15_000);
    expect(nextRingAt(play([notified(), said("put-off", "$1", 5)]).state)).toBeNull();
  });

  test("ends rings in the order in which they ran out", () => {
    const carols = notified(
      { id: "$c", sender: CAROL, expiresAt: 30_000 },
      { members: [alice, carol], now: 1 },
    );
    expect(played([notified(), carols, at(1e7)]).slice(2)).toEqual(["ended $c expired", "ended $1 expired"]);
  });

  test("what ran out meanwhile ends before what happens now", () => {
    const next = notified({ id: "$2", sentAt: 90_000, expiresAt: 180_000 }, { now: 90_000 });
    expect(played([notified(), next])).toEqual(["started $1", "ended $1 expired", "started $2"]);
  });

  test("a clock that is set back by hours makes no ring that lasts for hours", () => {
    const back = -5 * 3_600_000;
    const { state } = play([notified(), tested(0), at(back)]);
    expect(state.ringing.every(({ startedAt }) => startedAt === NOW + back)).toBe(true);
    expect(play([at(back + 120_000)], state).state.ringing).toEqual([]);
    const waiting = play([notified({}, { members: [] }), at(back), at(back + 120_000)]).state;
    expect(waiting.waiting).toEqual([]);
    const old = play([notified(), said("answered", "$1", 5), at(back), at(back + 3_600_000)]).state;
    expect(old).toEqual(noRings);
  });

  test("what changes nothing changes nothing on disk", () => {
    const { state } = play([
      withdrawn("$message", 0),
      notified({ id: "$0", member: null }),
      withdrawn("$0", 0),
      notified(),
      notified({ id: "$w", sender: CAROL, room: OTHER_ROOM }, { members: [] }),
    ]);
    for (const event of [
      at(5),
      notified({}, { now: 5 }),
      session([alice], 5),
      session([carol], 5, "!elsewhere:hs"),
      declined("$1", 5, false),
      withdrawn("$0", 5),
      withdrawn("$message", 5),
      said("answered", "$unknown", 5),
      left("!elsewhere:hs", 5),
    ]) {
      expect(stepRing(state, event)).toEqual([state, []]);
      expect(stepRing(state, event)[0]).toBe(state);
    }
  });
});
