import type { RoomId } from "../../shared/matrix/ids.ts";
import type { CallSignal } from "../../shared/rtc/notification.ts";
import type { Log } from "../log.ts";
import { RtcRequestError, type Clock, type Signals } from "../rtc/ports.ts";
import { Timer } from "../rtc/timer.ts";
import type { Mark } from "../state/call-facts.ts";

/** How far back calls are looked for that no device of this app heard of. */
const LOOK_BACK_MS = 30 * 24 * 3_600_000;
/** Rooms read at once: a new device has many to read, and the homeserver has others to serve. */
const AT_ONCE = 3;
/** Keys that come within this time are one reason to read again. */
const CROWD_MS = 1_000;

export interface PastParts {
  readonly signals: Pick<Signals, "past">;
  readonly clock: Clock;
  readonly log: Log;
  readonly markOf: (room: RoomId) => Mark | null;
  /** When the room was last active (epoch ms). */
  readonly activeAt: (room: RoomId) => number;
  readonly onFound: (signals: readonly CallSignal[]) => void;
  /** All of the room's past was found, up to here. */
  readonly onRead: (room: RoomId, mark: Mark) => void;
  /** A key came for something in the room's past that could not be decrypted. */
  readonly onReadable: (room: RoomId) => void;
}

/** Reads rooms' past, a few rooms at a time. What fails is left until the same room is asked for again. */
export class PastReader {
  readonly #parts: PastParts;
  readonly #waiting = new Set<RoomId>();
  readonly #reading = new Set<RoomId>();
  /** What is being read of these is not all: more of it can be decrypted now. */
  readonly #stale = new Set<RoomId>();
  /** Keys come in crowds. */
  readonly #readable = new Set<RoomId>();
  readonly #timer: Timer;
  #stopped = false;

  constructor(parts: PastParts) {
    this.#parts = parts;
    this.#timer = new Timer(parts.clock, () => {
      for (const room of this.#readable) parts.onReadable(room);
      this.#readable.clear();
    });
  }

  /** In this order; a room in which nothing happened since it was read is passed over. */
  read(rooms: readonly RoomId[]): void {
    for (const room of rooms) this.#waiting.add(room);
    this.#next();
  }

  /** Also what is being read now. The marks of these rooms are forgotten. */
  again(rooms: readonly RoomId[]): void {
    for (const room of rooms) if (this.#reading.has(room)) this.#stale.add(room);
    this.read(rooms);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.set(null);
    this.#waiting.clear();
  }

  #next(): void {
    for (const room of this.#waiting) {
      if (this.#reading.size >= AT_ONCE) return;
      if (this.#reading.has(room)) continue;
      this.#waiting.delete(room);
      void this.#read(room);
    }
  }

  async #read(room: RoomId): Promise<void> {
    const { signals, clock, log, markOf, activeAt, onFound, onRead } = this.#parts;
    const mark = markOf(room);
    const at = activeAt(room);
    if (mark?.activeAt === at) return;
    this.#reading.add(room);
    try {
      const bounds = { until: clock.now() - LOOK_BACK_MS, known: mark?.event ?? null };
      const newest = await signals.past(
        room,
        bounds,
        (found) => this.#stopped || onFound(found),
        () => this.#keyCame(room),
      );
      if (newest !== null && !this.#stopped && !this.#stale.has(room))
        onRead(room, { event: newest, activeAt: at });
    } catch (error) {
      // Whoever stops does so while requests are open.
      if (!this.#stopped) log.warn("a room's past was not read", error);
      if (error instanceof RtcRequestError && error.kind === "offline") this.#waiting.clear();
    }
    this.#reading.delete(room);
    if (this.#stale.delete(room) && !this.#stopped) this.#waiting.add(room);
    this.#next();
  }

  #keyCame(room: RoomId): void {
    if (this.#stopped) return;
    if (this.#readable.size === 0) this.#timer.set(this.#parts.clock.now() + CROWD_MS);
    this.#readable.add(room);
  }
}
