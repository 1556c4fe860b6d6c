import { factKey, roomOfFact, timeOfFact } from "../../shared/call/history-facts.ts";
import { readCalls, type CallFact, type Me } from "../../shared/call/history.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import type { CallNotification, CallSignal } from "../../shared/rtc/notification.ts";
import type { CallEntry, RoomSummary } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Clock, Signals } from "../rtc/ports.ts";
import { Timer } from "../rtc/timer.ts";
import { OLDEST_MS, type CallFactsFile, type Mark, type Seen } from "../state/call-facts.ts";
import type { PersonOf } from "./call-state.ts";
import { entryOf, isPast, type PastCall } from "./history-entry.ts";
import { PastReader } from "./history-past.ts";

export interface HistoryParts {
  readonly signals: Pick<Signals, "past">;
  readonly facts: Omit<CallFactsFile, "forget">;
  readonly clock: Clock;
  readonly log: Log;
  readonly me: Me;
  readonly personOf: PersonOf;
  /** Undefined for a room that we are not in. */
  readonly roomOf: (room: RoomId) => Pick<RoomSummary, "name" | "avatar" | "direct" | "activeAt"> | undefined;
  /** Whose past is read: where people ring us. */
  readonly rooms: () => readonly RoomId[];
  /** Whether a notification of the past was for us: the same judgement as of a live one. */
  readonly rangUs: (notification: CallNotification) => boolean;
  /** Newest first, and how many were missed since the list was last looked at. */
  readonly publish: (calls: readonly CallEntry[], missed: number) => void;
}

/** How many calls the list shows. */
const SHOWN = 200;
/** Facts of a room in memory: beyond the first number, only the newest of the second stay. */
const MOST_FACTS = 2_000;
const FEWER_FACTS = 1_000;
/** Timers cannot wait for weeks. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

interface KnownRoom {
  readonly facts: Map<string, CallFact>;
  calls: readonly PastCall[];
  /** When time alone changes something. */
  changesAt: number | null;
}

/** The list of calls: from what is on disk at once, from what is heard, and from rooms' past as far as it was missed. */
export class History {
  readonly #parts: HistoryParts;
  readonly #rooms = new Map<RoomId, KnownRoom>();
  readonly #touched = new Set<RoomId>();
  /** Not yet on disk. */
  readonly #unkept = new Map<string, CallFact>();
  readonly #marks = new Map<RoomId, Mark>();
  readonly #past: PastReader;
  readonly #timer: Timer;
  #seen: Seen;
  #said = "";
  #scheduled: NodeJS.Immediate | null = null;
  #stopped = false;

  constructor(parts: HistoryParts) {
    const { clock, facts, rangUs, roomOf } = parts;
    this.#parts = parts;
    this.#timer = new Timer(clock, () => this.#timePassed());
    this.#past = new PastReader({
      ...parts,
      markOf: (room) => this.#marks.get(room) ?? this.#try("read", () => facts.mark(room)) ?? null,
      activeAt: (room) => roomOf(room)?.activeAt ?? 0,
      onFound: (signals) => this.#take(signals.map((signal) => judged(signal, rangUs))),
      onRead: (room, mark) => {
        this.#marks.set(room, mark);
        this.#schedule();
      },
      onReadable: (room) => this.#again(room),
    });
    for (const fact of this.#try("read", () => facts.read(clock.now())) ?? []) this.#know(fact);
    const seen = this.#try("read", () => facts.seen());
    // What was missed before this device was there was seen on another, or is no news any more.
    this.#seen = seen ?? { at: clock.now(), ahead: [] };
    if (seen === null) this.#keepSeen();
    this.#flush();
  }

  /** Something was heard of a call. A burst is one publication. */
  add(fact: CallFact): void {
    this.#take([fact]);
  }

  /** The account is live, perhaps again: what was missed meanwhile is read from the rooms' past. */
  live(): void {
    if (this.#stopped) return;
    this.#timePassed();
    this.#past.read(this.#parts.rooms());
  }

  /** Keys of old events came: rooms' past is read once more, as far back as it is read at all. */
  again(): void {
    this.#again(null);
  }

  /** The list was looked at. */
  seen(): void {
    const now = this.#parts.clock.now();
    const fresh = this.#calls().filter((call) => this.#isFresh(call));
    if (fresh.length === 0) return;
    // Not until now: a call of an hour ago that is found after this is still news.
    const at = Math.max(this.#seen.at, ...fresh.map(({ startedAt }) => startedAt).filter((at) => at <= now));
    const missed = this.#calls().filter(({ outcome }) => outcome === "missed");
    // A caller whose server is ahead of time must not hide the calls of others until then.
    this.#seen = { at, ahead: missed.filter(({ startedAt }) => startedAt > at).map(({ id }) => id) };
    this.#keepSeen();
    this.#publish();
  }

  /** Names or pictures changed. */
  refresh(): void {
    this.#schedule();
  }

  /** Writes what is not yet on disk, and publishes no more. */
  stop(): void {
    this.#stopped = true;
    this.#past.stop();
    this.#timer.set(null);
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    this.#dropLoose();
    this.#keep();
  }

  #again(room: RoomId | null): void {
    if (this.#stopped) return;
    if (room === null) this.#marks.clear();
    else this.#marks.delete(room);
    this.#try("write", () => this.#parts.facts.forgetMarks(room));
    this.#past.again(room === null ? this.#parts.rooms() : [room]);
  }

  #take(facts: readonly CallFact[]): void {
    if (this.#stopped) return;
    // What stands in rooms is told again at every start, and some of it has stood for years.
    const oldest = this.#parts.clock.now() - OLDEST_MS;
    for (const fact of facts) {
      if ((timeOfFact(fact) ?? oldest) < oldest) continue;
      if (this.#know(fact)) this.#unkept.set(factKey(fact), fact);
    }
    if (this.#touched.size > 0) this.#schedule();
  }

  /** False where it was known already. */
  #know(fact: CallFact): boolean {
    const id = roomOfFact(fact);
    const room = this.#rooms.get(id) ?? { facts: new Map<string, CallFact>(), calls: [], changesAt: null };
    this.#rooms.set(id, room);
    const known = room.facts.get(factKey(fact));
    if (known && (known.rangUs === true || fact.rangUs !== true)) return false;
    room.facts.set(factKey(fact), fact);
    this.#touched.add(id);
    return true;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = null;
      this.#flush();
    });
  }

  #timePassed(): void {
    const now = this.#parts.clock.now();
    for (const [id, { changesAt }] of this.#rooms)
      if (changesAt !== null && changesAt <= now) this.#touched.add(id);
    this.#flush();
  }

  #flush(): void {
    const { clock, me } = this.#parts;
    const now = clock.now();
    this.#dropLoose();
    for (const id of this.#touched) {
      const room = this.#rooms.get(id);
      if (!room) continue;
      if (room.facts.size > MOST_FACTS) dropOldest(room.facts);
      const { calls, changesAt } = readCalls([...room.facts.values()], me, now);
      room.calls = calls.filter(isPast);
      room.changesAt = changesAt;
    }
    this.#touched.clear();
    let next = Infinity;
    for (const { changesAt } of this.#rooms.values()) next = Math.min(next, changesAt ?? Infinity);
    this.#timer.set(next === Infinity ? null : Math.min(next, now + LONGEST_WAIT_MS));
    this.#publish();
    this.#keep();
  }

  /** Most of what is redacted in rooms has nothing to do with calls. */
  #dropLoose(): void {
    for (const [key, fact] of this.#unkept) {
      if (fact.type !== "withdrawn") continue;
      const facts = this.#rooms.get(fact.room)?.facts;
      if (facts?.has(fact.id)) continue;
      facts?.delete(key);
      this.#unkept.delete(key);
    }
  }

  #publish(): void {
    const { me, personOf, roomOf, publish } = this.#parts;
    const calls = this.#calls();
    const missed = calls.filter((call) => this.#isFresh(call)).length;
    const entries = calls
      .toSorted((a, b) => b.startedAt - a.startedAt)
      .slice(0, SHOWN)
      .map((call) =>
        entryOf({ call, me: me.user, room: roomOf(call.room), personOf, fresh: this.#isFresh(call) }),
      );
    // Names are refreshed with every event of any room, and mostly stay.
    const said = JSON.stringify([entries, missed]);
    if (said === this.#said) return;
    this.#said = said;
    publish(entries, missed);
  }

  #calls(): readonly PastCall[] {
    return [...this.#rooms.values()].flatMap(({ calls }) => calls);
  }

  #isFresh({ id, outcome, startedAt }: PastCall): boolean {
    return outcome === "missed" && startedAt > this.#seen.at && !this.#seen.ahead.includes(id);
  }

  /** What fails to be written is tried again with the next. A mark comes only after what it says is known. */
  #keep(): void {
    const { facts, clock } = this.#parts;
    this.#try("write", () => {
      facts.add([...this.#unkept.values()], clock.now());
      this.#unkept.clear();
      for (const [room, mark] of this.#marks) facts.setMark(room, mark);
      this.#marks.clear();
    });
  }

  #keepSeen(): void {
    this.#try("write", () => this.#parts.facts.setSeen(this.#seen));
  }

  /** The list goes on without the disk. */
  #try<T>(doing: "read" | "write", work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#parts.log.error(`the history of calls: ${doing}`, error);
      return undefined;
    }
  }
}

const judged = (signal: CallSignal, rangUs: (notification: CallNotification) => boolean): CallFact =>
  signal.type === "notified" ? { ...signal, rangUs: rangUs(signal.notification) } : signal;

function dropOldest(facts: Map<string, CallFact>): void {
  const byAge = [...facts].toSorted(([, a], [, b]) => (timeOfFact(a) ?? 0) - (timeOfFact(b) ?? 0));
  for (const [key] of byAge.slice(0, -FEWER_FACTS)) facts.delete(key);
}
