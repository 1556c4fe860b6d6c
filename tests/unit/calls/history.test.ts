import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { History } from "../../../electron/calls/history.ts";
import { RtcRequestError, type Signals } from "../../../electron/rtc/ports.ts";
import { CallFactsFile } from "../../../electron/state/call-facts.ts";
import { Database } from "../../../electron/state/database.ts";
import type { CallFact } from "../../../shared/call/history.ts";
import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { CallSignal } from "../../../shared/rtc/notification.ts";
import type { CallEntry } from "../../../shared/state/app-state.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ALICE, BOB, decline, join, leave, me, ME, ring, ROOM, s, withdrawn } from "../call/history-world.ts";

const DAY = 24 * 3600;
const PAGE = 2;

/** Rooms' timelines on a homeserver, read as `Signals.past` must: newest first, page by page, until what is known. */
class Timelines {
  readonly rooms = new Map<RoomId, { id: EventId; at: number; signal: CallSignal | null }[]>();
  /** Why nothing is answered now. */
  trouble: RtcRequestError | null = null;
  /** While set, nothing is answered at all. */
  gate: Promise<void> | null = null;
  readonly asked: RoomId[] = [];
  pages = 0;
  busy = 0;
  mostBusy = 0;

  /** A message where no signal is given. At seconds after noon. */
  say(room: RoomId, at: number, signal: CallSignal | null = null): void {
    const events = this.rooms.get(room) ?? [];
    this.rooms.set(room, [...events, { id: `$event-${room}-${at}-${events.length}`, at: s(at), signal }]);
  }

  activeAt(room: RoomId): number {
    return this.rooms.get(room)?.at(-1)?.at ?? 0;
  }

  readonly past: Signals["past"] = async (room, { until, known }, found) => {
    this.asked.push(room);
    this.busy++;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    try {
      const events = (this.rooms.get(room) ?? []).toReversed();
      const end = events.findIndex(({ id, at }) => id === known || at < until);
      const unread = end < 0 ? events : events.slice(0, end);
      for (let from = 0; from === 0 || from < unread.length; from += PAGE) {
        await this.gate;
        if (this.trouble) throw this.trouble;
        this.pages++;
        found(unread.slice(from, from + PAGE).flatMap(({ signal }) => signal ?? []));
      }
      return events[0]?.id ?? null;
    } finally {
      this.busy--;
    }
  };
}

let folder = "";
let database: Database;
let clock: FakeClock;
let timelines: Timelines;
let names: Record<string, string>;
let published: { readonly calls: readonly CallEntry[]; readonly missed: number }[];
let histories: History[];
let collected: ReturnType<typeof collectLog>;

beforeEach(() => {
  folder = mkdtempSync(pathOf(tmpdir(), "carillon-history-"));
  database = new Database(pathOf(folder, "a.db"));
  clock = new FakeClock(s(0));
  timelines = new Timelines();
  names = {};
  published = [];
  histories = [];
  collected = collectLog();
});
afterEach(() => {
  for (const history of histories) history.stop();
  database.close();
  rmSync(folder, { recursive: true });
});

/** The app starts, perhaps again. Rooms are direct with Alice, but for those whose name begins with `!group`. */
function start(facts = new CallFactsFile(database, ME)): History {
  for (const history of histories) history.stop();
  published = [];
  const history = new History({
    signals: timelines,
    facts,
    clock,
    log: collected.log,
    me,
    personOf: (_room, user) => ({ user, name: names[user] ?? user, avatar: null }),
    roomOf: (room) =>
      room.startsWith("!left")
        ? undefined
        : {
            name: names[room] ?? room,
            avatar: `avatar of ${room}`,
            direct: room.startsWith("!group") ? null : ALICE,
            activeAt: timelines.activeAt(room),
          },
    rooms: () => [...timelines.rooms.keys()],
    rangUs: ({ sender, users }) => sender !== ME && users.includes(ME),
    publish: (calls, missed) => published.push({ calls, missed }),
  });
  histories = [history];
  return history;
}
const shown = () => {
  const last = published.at(-1);
  if (!last) throw new Error("nothing was published");
  return last;
};
const list = () => shown().calls.map(({ outcome, startedAt }) => `${outcome} ${(startedAt - s(0)) / 1000}`);
/** All that needs no time is done. */
async function turn(): Promise<void> {
  for (let i = 0; i < 100; i++) await clock.advance(0);
}

const missedCall = (at: number, user: UserId = ALICE): CallFact[] => [
  join(at, user),
  ring(at + 1, user),
  leave(at + 10, user),
];
/** The same without our judgement, as a room has it. */
const heard = ({ rangUs: _judged, ...signal }: CallFact): CallSignal => signal as CallSignal;
const missedIn = (room: RoomId, at: number): CallSignal[] =>
  missedCall(at).map((fact) => {
    const signal = heard(fact);
    const id = (of: EventId): EventId => `${of}-${room}`;
    return signal.type === "notified"
      ? { ...signal, notification: { ...signal.notification, room, id: id(signal.notification.id) } }
      : { ...signal, room, id: id(signal.id) };
  });
function happened(room: RoomId, at: number): void {
  missedIn(room, at).forEach((signal, nth) => timelines.say(room, at + nth, signal));
}

test("a call is in the list when it is over, with names, and once for all that was heard of it in a turn", async () => {
  names = { [ALICE]: "Alice", [ROOM]: "The room" };
  const history = start();
  expect(published).toEqual([{ calls: [], missed: 0 }]);
  history.add(join(0, ALICE));
  history.add(ring(1, ALICE));
  await turn();
  expect(published).toHaveLength(1);
  for (const fact of [join(5, ME, "HERE"), leave(35, ME, "HERE"), leave(36, ALICE)]) history.add(fact);
  await clock.advance(40_000);
  expect(published).toHaveLength(2);
  const alice = { user: ALICE, name: "Alice", avatar: null };
  expect(shown()).toEqual({
    missed: 0,
    calls: [
      {
        id: `$join-${ALICE}-D-0`,
        room: ROOM,
        name: "Alice",
        avatar: `avatar of ${ROOM}`,
        direct: ALICE,
        direction: "incoming",
        outcome: "answered",
        intent: "video",
        caller: alice,
        people: [alice],
        startedAt: s(0),
        talkedMs: 30_000,
        fresh: false,
      },
    ],
  });
});

test("a group's call has the group's name, and one of a room that we left has a person's", async () => {
  names = { [ALICE]: "Alice", [BOB]: "Bob", "!group:hs": "Friends" };
  const history = start();
  const inRoom = (room: RoomId, fact: CallFact): CallFact =>
    fact.type === "notified"
      ? { ...fact, notification: { ...fact.notification, room, id: `${fact.notification.id}${room}` } }
      : { ...fact, room, id: `${fact.id}${room}` };
  for (const room of ["!group:hs", "!left:hs"] as const)
    for (const fact of missedCall(10, BOB)) history.add(inRoom(room, fact));
  await clock.advance(100_000);
  expect(shown().calls.map(({ name, direct }) => [name, direct])).toEqual([
    ["Friends", null],
    ["Bob", null],
  ]);
});

test("a ring that nobody ends is missed when its time is over, without anything being heard", async () => {
  const history = start();
  await clock.advance(1000);
  history.add(ring(1, ALICE));
  await clock.until("it is missed", () => shown().missed === 1, 100_000);
  expect(clock.now()).toBe(s(91));
  expect(list()).toEqual(["missed 1"]);
});

test("a membership that nobody ends is over when it expires, days later if need be", async () => {
  const history = start();
  const long = join(0, ALICE);
  if (long.joined) history.add({ ...long, joined: { ...long.joined, expiresAt: s(7 * DAY) } });
  for (const fact of [ring(1, ALICE), join(5, ME, "HERE"), leave(9, ME, "HERE")]) history.add(fact);
  await clock.until("it is over", () => shown().calls.length === 1, 8 * DAY * 1000);
  expect(clock.now()).toBe(s(7 * DAY));
});

test("after a restart the list is there before anything is asked of the network", async () => {
  const history = start();
  for (const fact of missedCall(5)) history.add(fact);
  await clock.advance(100_000);
  expect(shown().missed).toBe(1);
  start();
  expect(published).toHaveLength(1);
  expect([list(), shown().missed]).toEqual([["missed 5"], 1]);
  expect(timelines.asked).toEqual([]);
});

test("what was heard in the last turn before the end is kept", () => {
  const history = start();
  for (const fact of missedCall(0)) history.add(fact);
  start();
  clock = new FakeClock(s(200));
  start();
  expect(list()).toEqual(["missed 0"]);
});

test("missed calls count until the list is looked at, also after a restart", async () => {
  const history = start();
  for (const fact of [...missedCall(10), ...missedCall(200, BOB)]) history.add(fact);
  await clock.advance(1000_000);
  expect([shown().missed, shown().calls.map(({ fresh }) => fresh)]).toEqual([2, [true, true]]);
  history.seen();
  expect([shown().missed, shown().calls.map(({ fresh }) => fresh)]).toEqual([0, [false, false]]);
  const again = start();
  expect(shown().missed).toBe(0);
  for (const fact of missedCall(900)) again.add(fact);
  await turn();
  expect([shown().missed, shown().calls.map(({ fresh }) => fresh)]).toEqual([1, [true, false, false]]);
});

test("a missed call that is found after the list was looked at still counts", async () => {
  const history = start();
  await clock.advance(8 * 3600_000);
  history.seen();
  happened(ROOM, 3600);
  history.live();
  await turn();
  expect([list(), shown().missed]).toEqual([["missed 3600"], 1]);
});

test("a caller whose clock is ahead is seen like any other, and hides nobody's calls until then", async () => {
  const history = start();
  await clock.advance(100_000);
  for (const fact of missedCall(3600, BOB)) history.add(fact);
  await turn();
  expect(shown().missed).toBe(1);
  history.seen();
  expect(shown().missed).toBe(0);
  for (const fact of missedCall(200)) history.add(fact);
  await clock.advance(400_000);
  expect([shown().missed, list()]).toEqual([1, ["missed 3600", "missed 200"]]);
  await clock.advance(2 * 3600_000);
  history.seen();
  start();
  expect(shown().missed).toBe(0);
});

test("a new device finds the calls of thirty days, and none of them is news", async () => {
  happened(ROOM, -31 * DAY);
  happened(ROOM, -29 * DAY);
  happened(ROOM, -100);
  const history = start();
  history.live();
  await turn();
  expect([list(), shown().missed]).toEqual([["missed -100", `missed ${-29 * DAY}`], 0]);
});

test("a call of the past did not ring us where the same notification would not today", async () => {
  const forBob = ring(-99, ALICE, { users: [BOB] });
  for (const fact of [join(-100, ALICE), forBob, leave(-50, ALICE)])
    timelines.say("!group:hs", -100, heard(fact));
  const history = start();
  history.live();
  await turn();
  expect(timelines.asked).toEqual(["!group:hs"]);
  expect(shown().calls).toEqual([]);
});

test("a ring that rang us is not un-rung by reading it again otherwise", async () => {
  const history = start();
  const rang = { ...ring(-99, ALICE, { users: [] }), rangUs: true };
  for (const fact of [join(-100, ALICE), rang, leave(-50, ALICE)]) {
    history.add(fact);
    timelines.say(ROOM, -100, heard(fact));
  }
  history.live();
  await turn();
  expect(list()).toEqual(["missed -100"]);
});

test("the past is read up to what was known, and not at all where nothing happened since", async () => {
  for (let at = -1000; at < 0; at += 10) timelines.say(ROOM, at);
  happened(ROOM, 0);
  await clock.advance(100_000);
  start().live();
  await turn();
  expect(timelines.pages).toBe(52);
  expect(list()).toEqual(["missed 0"]);

  start().live();
  await turn();
  expect(timelines.pages).toBe(52);

  happened(ROOM, 200);
  await clock.advance(400_000);
  start().live();
  await turn();
  expect(list()).toEqual(["missed 200", "missed 0"]);
  expect(timelines.pages).toBe(54);
});

test("what could not be read is read when the account is live again", async () => {
  happened("!a:hs", -100);
  happened("!b:hs", -200);
  timelines.trouble = new RtcRequestError("refused", "try later");
  const history = start();
  history.live();
  await turn();
  expect(shown().calls).toEqual([]);
  expect(collected.lines.join("")).toContain("try later");
  timelines.trouble = null;
  history.live();
  await turn();
  expect(list()).toEqual(["missed -100", "missed -200"]);
});

test("a room of which only a part was read is read whole the next time", async () => {
  happened(ROOM, -1000);
  happened(ROOM, -100);
  const history = start();
  let resume = () => {};
  timelines.gate = new Promise<void>((resolve) => (resume = resolve));
  history.live();
  await turn();
  timelines.trouble = new RtcRequestError("refused", "in the middle");
  resume();
  await turn();
  timelines.gate = null;
  timelines.trouble = null;
  start().live();
  await turn();
  expect(list()).toEqual(["missed -100", "missed -1000"]);
});

test("without a network not every room is tried", async () => {
  for (let i = 0; i < 50; i++) happened(`!${i}:hs`, -100 - i);
  timelines.trouble = new RtcRequestError("offline", "no route");
  const history = start();
  history.live();
  await turn();
  expect(timelines.asked.length).toBeLessThan(5);
  timelines.trouble = null;
  history.live();
  await turn();
  expect(shown().calls).toHaveLength(50);
});

test("a few rooms are read at a time, each once, however often the account goes live", async () => {
  for (let i = 0; i < 20; i++) happened(`!${i}:hs`, -100 - i);
  let resume = () => {};
  timelines.gate = new Promise<void>((resolve) => (resume = resolve));
  const history = start();
  for (let i = 0; i < 5; i++) history.live();
  await turn();
  expect(timelines.busy).toBe(3);
  resume();
  await turn();
  expect([shown().calls.length, timelines.busy]).toEqual([20, 0]);
  expect(timelines.mostBusy).toBe(3);
  expect(timelines.asked).toHaveLength(20);
});

test("a room is not read twice at once, and once more where something happened meanwhile", async () => {
  happened(ROOM, -1000);
  let resume = () => {};
  timelines.gate = new Promise<void>((resolve) => (resume = resolve));
  const history = start();
  history.live();
  history.live();
  await turn();
  expect(timelines.asked).toHaveLength(1);
  happened(ROOM, -100);
  resume();
  await turn();
  expect([list(), timelines.asked.length]).toEqual([["missed -100", "missed -1000"], 2]);
});

test("what is older than a year is not taken up again at every start", async () => {
  const history = start();
  for (const fact of missedCall(-366 * DAY)) history.add(fact);
  history.add(leave(-2 * 366 * DAY, BOB));
  await turn();
  expect(list()).toEqual([]);
  expect(database.rows("SELECT * FROM call_fact")).toEqual([]);
});

test("a flood in one room keeps its newest calls", async () => {
  await clock.advance(300_000_000);
  const history = start();
  for (const fact of missedCall(5, BOB)) history.add(fact);
  for (let i = 1; i < 2500; i++) history.add(decline(i * 100, BOB, `$none${i}`));
  for (const fact of missedCall(250_000)) history.add(fact);
  await turn();
  expect([list(), shown().missed]).toEqual([["missed 250000"], 0]);
});

test("nothing is published, read on or kept after the end", async () => {
  happened(ROOM, -100);
  let resume = () => {};
  timelines.gate = new Promise<void>((resolve) => (resume = resolve));
  const history = start();
  history.live();
  await turn();
  history.stop();
  resume();
  await turn();
  history.add(join(0, BOB));
  history.refresh();
  history.live();
  await clock.advance(DAY * 1000);
  expect(published).toHaveLength(1);
  expect(new CallFactsFile(database, ME).read(clock.now())).toEqual([]);
  expect(new CallFactsFile(database, ME).mark(ROOM)).toBeNull();
});

test("the list has names as they are now, and is not sent again where they did not change", async () => {
  const history = start();
  for (const fact of missedCall(0)) history.add(fact);
  await clock.advance(100_000);
  const before = published.length;
  history.refresh();
  await turn();
  expect(published).toHaveLength(before);
  names = { [ALICE]: "Alice" };
  history.refresh();
  history.refresh();
  await turn();
  expect(published).toHaveLength(before + 1);
  expect(shown().calls[0]?.name).toBe("Alice");
});

test("the newest 200 are shown, and all that were missed count", async () => {
  const history = start();
  for (let i = 0; i < 250; i++) for (const fact of missedCall(1 + i * 100)) history.add(fact);
  await clock.advance(100_000_000);
  expect(shown().calls.map(({ startedAt }) => startedAt)).toEqual(
    Array.from({ length: 200 }, (_, i) => s(1 + (249 - i) * 100)),
  );
  expect(shown().missed).toBe(250);
});

test("redactions that have nothing to do with calls are not kept, and those of rings are", async () => {
  const history = start();
  for (let i = 0; i < 10; i++) history.add(withdrawn(`$message${i}`));
  history.add(ring(1, ME));
  history.add(withdrawn(`$ring-${ME}-1`));
  await turn();
  expect(new CallFactsFile(database, ME).read(clock.now())).toHaveLength(2);
  expect(list()).toEqual(["cancelled 1"]);
});

test("with a full disk the list goes on, and what was not written is written when there is room", async () => {
  const history = start();
  const pages = Number(database.rows("PRAGMA page_count")[0]?.["page_count"]);
  database.rows(`PRAGMA max_page_count = ${pages}`);
  for (let i = 0; i < 200; i++) for (const fact of missedCall(i * 100)) history.add(fact);
  happened(ROOM, 30_000);
  history.live();
  await clock.advance(100_000_000);
  expect(shown().calls).toHaveLength(200);
  expect(collected.lines.join("")).toContain("full");
  const facts = new CallFactsFile(database, ME);
  expect([facts.read(clock.now()), facts.mark(ROOM)]).toEqual([[], null]);

  database.rows("PRAGMA max_page_count = 100000");
  history.add(join(50_000, ALICE));
  await turn();
  expect(facts.read(clock.now())).toHaveLength(604);
  expect(facts.mark(ROOM)).not.toBeNull();
});

test("a damaged file of facts costs the list and not the account", () => {
  const broken = new CallFactsFile(database, ME);
  database.run("DROP TABLE call_fact");
  start(broken);
  expect(shown().calls).toEqual([]);
  expect(collected.lines.join("")).toContain("call_fact");
});
