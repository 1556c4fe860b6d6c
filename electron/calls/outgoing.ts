import {
  isRinging,
  stepOutgoing,
  type Outgoing,
  type OutgoingEffect,
  type OutgoingEvent,
} from "../../shared/call/outgoing.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import { LONGEST_RING_MS, type CallSignal } from "../../shared/rtc/notification.ts";
import type { Log } from "../log.ts";
import { kindOf } from "../rtc/failure.ts";
import { RtcRequestError, type Clock, type Signals } from "../rtc/ports.ts";
import { Timer } from "../rtc/timer.ts";
import type { Company } from "./memberships.ts";

export interface OutgoingParts {
  readonly signals: Pick<Signals, "notify" | "withdraw">;
  readonly clock: Clock;
  readonly log: Log;
  /** Who is in a room's call. */
  readonly company: (room: RoomId) => Company;
  readonly changed: () => void;
  readonly giveUp: (room: RoomId) => void;
}

type Asked = Omit<OutgoingEvent & { type: "asked" }, "type" | "id" | "now" | "present">;

/** Between two tries (ms), where the server does not say. */
const RETRY_MS = 2_000;

/** The ring of our own call: tells the pure step what happens, and performs what it decides. */
export class OutgoingRing {
  readonly #parts: OutgoingParts;
  readonly #timer: Timer;
  #state: Outgoing | null = null;
  #count = 0;
  /** One request after the other, so that a withdrawal never overtakes its notification. */
  #wire: Promise<void> = Promise.resolve();
  /** A notification of ours is there to be withdrawn. */
  #stands = false;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    this.#timer = new Timer(parts.clock, () => this.#send({ type: "time", now: parts.clock.now() }));
  }

  get state(): Outgoing | null {
    return this.#state;
  }

  ask(asked: Asked): void {
    const { company, clock } = this.#parts;
    const present = asked.atStart ? [] : company(asked.room).others;
    this.#send({ ...asked, type: "asked", id: (this.#count += 1), present, now: clock.now() });
    this.look(asked.room);
  }

  /** Somebody came or went. */
  look(room: RoomId): void {
    const { company, clock } = this.#parts;
    if (this.#state?.room === room) this.#send({ type: "session", room, ...company(room), now: clock.now() });
  }

  hear(signal: CallSignal): void {
    if (signal.type !== "declined") return;
    const { room, sender: user, of, reason } = signal;
    this.#send({ type: "declined", room, user, of, reason, now: this.#parts.clock.now() });
  }

  /** We are not in its call any more. */
  gone(): void {
    this.#send({ type: "call-gone" });
  }

  /** All that was to be said has been. */
  settled(): Promise<void> {
    return this.#wire;
  }

  #send(event: OutgoingEvent): void {
    const before = this.#state;
    const [state, effects] = stepOutgoing(before, event);
    this.#state = state;
    this.#timer.set(state?.until ?? null);
    for (const effect of effects) this.#perform(effect);
    if (state !== before) this.#parts.changed();
  }

  #perform(effect: OutgoingEffect): void {
    if (effect.type === "give-up") return this.#parts.giveUp(effect.room);
    const work = effect.type === "notify" ? () => this.#notify(effect) : () => this.#withdraw(effect.room);
    this.#wire = this.#wire.then(work);
  }

  async #notify({ id, room, member, ring, intent }: OutgoingEffect & { type: "notify" }): Promise<void> {
    const { signals, clock, log, company } = this.#parts;
    const isWanted = () =>
      ring === "nobody" ? company(room).own === member : this.#state?.id === id && isRinging(this.#state);
    this.#stands = false;
    try {
      const sent = await this.#persist(() => signals.notify(room, { member, ring, intent }), isWanted);
      if (!sent || ring === "nobody") return;
      this.#stands = true;
      log.info("our call rings");
      const { id: notification, expiresAt } = sent;
      this.#send({ type: "sent", id, notification, expiresAt, now: clock.now() });
    } catch (error) {
      log.warn("our call does not ring", error);
      this.#send({ type: "refused", id, now: clock.now() });
    }
  }

  async #withdraw(room: RoomId): Promise<void> {
    if (!this.#stands) return;
    this.#stands = false;
    const { signals, clock, log } = this.#parts;
    const until = clock.now() + LONGEST_RING_MS;
    try {
      await this.#persist(
        () => signals.withdraw(room),
        () => clock.now() < until,
      );
    } catch (error) {
      log.warn("our ring was not withdrawn", error);
    }
  }

  /** Until it succeeds, is refused, or is wanted no more (null). */
  async #persist<T>(work: () => Promise<T>, isWanted: () => boolean): Promise<T | null> {
    const { clock, log } = this.#parts;
    while (isWanted()) {
      try {
        return await work();
      } catch (error) {
        const why = kindOf(error);
        if (why !== "offline" && why !== "rate-limited") throw error;
        log.info("a ring's request waits", { why });
        const ms = (error instanceof RtcRequestError ? error.retryAfterMs : null) ?? RETRY_MS;
        await new Promise<void>((resolve) => clock.after(ms, resolve));
      }
    }
    return null;
  }
}
