import {
  handAt,
  nextHandsAt,
  noHands,
  reactionOf,
  stepHands,
  type HandEvent,
  type Hands as HandsState,
  type HandSignal,
} from "../../shared/call/hands.ts";
import { AppError } from "../../shared/errors.ts";
import type { EventId, RoomId } from "../../shared/matrix/ids.ts";
import type { Participant } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import { kindOf, toAppError } from "../rtc/failure.ts";
import type { Clock } from "../rtc/ports.ts";
import type { Reactions } from "../rtc/reactions.ts";
import { Timer } from "../rtc/timer.ts";
import type { MemberView } from "../rtc/types.ts";
import { OwnHand } from "./own-hand.ts";

export interface HandsParts {
  readonly reactions: Reactions;
  /** Who is in the room's call. */
  readonly membersOf: (room: RoomId) => readonly MemberView[];
  readonly clock: Clock;
  readonly log: Log;
  /** Somebody's hand or reaction is otherwise now. */
  readonly changed: () => void;
}

interface Watched {
  state: HandsState;
  readonly timer: Timer;
  readonly own: OwnHand;
  entered: boolean;
  /** Members whose hand may have been up before we looked. */
  readonly unread: Map<string, EventId>;
  readonly known: Set<string>;
  reading: boolean;
}

const RETRY_MS = 5_000;

/** Raised hands and reactions in the calls that we see. */
export class Hands {
  readonly #parts: HandsParts;
  readonly #rooms = new Map<RoomId, Watched>();
  readonly #stops: readonly (() => void)[];

  constructor(parts: HandsParts) {
    this.#parts = parts;
    const { reactions } = parts;
    this.#stops = [
      reactions.onSignal(
        (room) => this.#rooms.has(room),
        (room, signal) => this.#heard(room, signal),
      ),
      reactions.onGap((room) => this.#reread(room)),
    ];
  }

  /** These calls are seen, or held, and these of them we are in; what was raised in any other is forgotten. */
  watch(rooms: readonly RoomId[], entered: readonly RoomId[]): void {
    for (const [room, { timer, own }] of this.#rooms) {
      if (rooms.includes(room)) continue;
      this.#rooms.delete(room);
      timer.set(null);
      own.stop();
    }
    for (const room of rooms) {
      if (this.#rooms.has(room)) continue;
      this.#rooms.set(room, this.#watched(room));
      this.look(room);
    }
    for (const [room, watched] of this.#rooms) {
      watched.entered = entered.includes(room);
      if (!watched.entered) watched.own.forget();
    }
  }

  /** Who is in the call, or by which event, may have changed. */
  look(room: RoomId): void {
    const watched = this.#rooms.get(room);
    if (!watched) return;
    const members = this.#parts.membersOf(room);
    this.#step(watched, { type: "members", members });
    for (const id of watched.known) if (!members.some((member) => member.id === id)) watched.known.delete(id);
    for (const { id, eventId, own } of members) {
      if (watched.known.has(id)) continue;
      watched.known.add(id);
      if (!own) watched.unread.set(id, eventId);
    }
    watched.own.look(members.find(({ own }) => own)?.eventId ?? null);
    if (watched.unread.size > 0) void this.#read(room, watched);
  }

  marks(room: RoomId, member: MemberView): Pick<Participant, "handAt" | "reaction"> {
    const watched = this.#rooms.get(room);
    if (!watched) return { handAt: null, reaction: null };
    return {
      handAt: member.own ? watched.own.at : handAt(watched.state, member),
      reaction: reactionOf(watched.state, member.id),
    };
  }

  /** Where our membership is not seen yet, it is up with it. @throws AppError `denied`, `offline`, `rate-limited` */
  async raise(room: RoomId, raised: boolean): Promise<void> {
    const watched = this.#rooms.get(room);
    if (!watched?.entered) throw new AppError("denied", "not in that call");
    try {
      await (raised ? watched.own.raise() : watched.own.lower());
    } catch (error) {
      throw toAppError(error, "denied");
    }
  }

  /** Does nothing while our last one is still shown. @throws AppError as `raise` */
  async react(room: RoomId, emoji: string): Promise<void> {
    const watched = this.#rooms.get(room);
    const member = this.#parts.membersOf(room).find(({ own }) => own);
    if (!watched?.entered || !member) throw new AppError("denied", "not in that call");
    const before = watched.state;
    const { user: sender, eventId: of } = member;
    this.#step(watched, { type: "reacted", sender, of, emoji, ageMs: 0 });
    const sign = reactionOf(watched.state, member.id);
    if (watched.state === before || sign === null) return;
    try {
      await this.#parts.reactions.react(room, of, sign);
    } catch (error) {
      throw toAppError(error, "denied");
    }
  }

  stop(): void {
    this.watch([], []);
    for (const stop of this.#stops) stop();
  }

  #watched(room: RoomId): Watched {
    const { reactions, clock, log, changed } = this.#parts;
    const watched: Watched = {
      state: noHands,
      timer: new Timer(clock, () => this.#step(watched, { type: "time" })),
      own: new OwnHand({ room, reactions, clock, log, changed }),
      entered: false,
      unread: new Map(),
      known: new Set(),
      reading: false,
    };
    return watched;
  }

  #heard(room: RoomId, signal: HandSignal): void {
    const watched = this.#rooms.get(room);
    if (!watched) return;
    // Ours was shown when it was sent; a slow echo would show it twice.
    const isEcho =
      signal.type === "reacted" &&
      this.#parts
        .membersOf(room)
        .some(({ own, user, eventId }) => own && user === signal.sender && eventId === signal.of);
    if (isEcho) return;
    if (signal.type === "withdrawn") watched.own.withdrawn(signal.id);
    this.#step(watched, signal);
  }

  #reread(room: RoomId): void {
    const watched = this.#rooms.get(room);
    if (!watched) return;
    // Some may have been lowered in the gap.
    this.#step(watched, { type: "forgotten" });
    watched.known.clear();
    this.look(room);
  }

  // Distributes over the union, so that each event keeps its own fields.
  #step(
    watched: Watched,
    event: HandEvent extends infer E ? (E extends unknown ? Omit<E, "now"> : never) : never,
  ) {
    const before = watched.state;
    watched.state = stepHands(before, { ...event, now: this.#parts.clock.now() } as HandEvent);
    watched.timer.set(nextHandsAt(watched.state));
    if (watched.state !== before) this.#parts.changed();
  }

  /** One after the other: a call of many is opened without a burst of requests. */
  async #read(room: RoomId, watched: Watched): Promise<void> {
    if (watched.reading) return;
    watched.reading = true;
    const { reactions, clock, log } = this.#parts;
    try {
      for (;;) {
        const [next] = watched.unread;
        if (!next || this.#rooms.get(room) !== watched) return;
        const [id, of] = next;
        for (const signal of await reactions.standing(room, of)) this.#step(watched, signal);
        if (watched.unread.get(id) === of) watched.unread.delete(id);
      }
    } catch (error) {
      log.info("raised hands could not be read", { why: kindOf(error) });
      clock.after(RETRY_MS, () => void (this.#rooms.get(room) === watched && this.#read(room, watched)));
    } finally {
      watched.reading = false;
    }
  }
}
