import { randomUUID } from "node:crypto";

import type { ErrorCode } from "../../shared/errors.ts";
import type { CallIntent } from "../../shared/state/app-state.ts";
import { LEGACY_MEMBER, legacyKey } from "../../shared/rtc/member-event.ts";
import { enter, stepMembership } from "../../shared/rtc/membership.ts";
import { kindOf } from "./failure.ts";
import {
  nextAt,
  phaseOf,
  stateKeyOf,
  type MembershipEffect,
  type MembershipEvent,
  type OwnMembership as State,
  type Phase,
  type Request,
  type Self,
} from "../../shared/rtc/membership-state.ts";
import type { Log } from "../log.ts";
import { RtcRequestError, type Clock, type DelayIds, type RtcMatrix } from "./ports.ts";
import type { Place } from "../../shared/rtc/session.ts";
import { Timer, within } from "./timer.ts";

export interface OwnMembershipParts {
  readonly matrix: RtcMatrix;
  readonly clock: Clock;
  readonly delayIds: DelayIds;
  readonly log: Log;
  readonly self: Self;
  readonly intent: CallIntent;
  /** What stands at a key of the room's member events. */
  readonly place: (key: string) => Place | undefined;
  readonly onChange: (status: MembershipStatus) => void;
  /** Others saw us gone, and see us come again. */
  readonly onRejoin: () => void;
}

export interface MembershipStatus {
  readonly phase: Phase;
  readonly error: ErrorCode | null;
  readonly joinedAt: number | null;
}

/** A heartbeat that a dead network swallowed must not hold up the next. */
const RESTART_TIMEOUT_MS = 5_000;

/** Room versions where state that starts with a user's own ID is theirs alone (MSC3757, MSC3779). */
const OWNED_STATE = /^org\.matrix\.msc(3757|3779)\b/;

/** Performs on the wire what the rule of our own membership decides. */
export class OwnMembership {
  readonly #parts: OwnMembershipParts;
  readonly #stateKey: string;
  readonly #timer: Timer;
  #state: State;
  #seen: Place | undefined;
  #abandoned = false;

  constructor(parts: OwnMembershipParts) {
    const { matrix, clock, delayIds, self, intent } = parts;
    this.#parts = parts;
    this.#stateKey = stateKeyOf(self, OWNED_STATE.test(matrix.roomVersion(self.room)));
    this.#timer = new Timer(clock, () => this.#send({ type: "time" }));
    this.#seen = parts.place(legacyKey(this.#stateKey));
    const stale = delayIds.get(self.room);
    const [state, effects] = enter({ self, intent, nonce: randomUUID(), stale, now: clock.now() });
    this.#state = state;
    this.#perform(effects);
  }

  get status(): MembershipStatus {
    const { ended, trouble, joinedAt } = this.#state;
    return { phase: phaseOf(this.#state), error: ended === "left" ? null : (ended ?? trouble), joinedAt };
  }

  setIntent(intent: CallIntent): void {
    this.#send({ type: "intent", intent });
  }
  leave(): void {
    this.#send({ type: "leave" });
  }
  wake(): void {
    this.#send({ type: "wake" });
  }

  /** The room's member events changed. */
  look(): void {
    const place = this.#parts.place(legacyKey(this.#stateKey));
    if (place === this.#seen) return;
    this.#seen = place;
    const { user, device } = this.#parts.self;
    const standing = place?.joined ? place.membership : null;
    const nonce = standing?.user === user && standing.device === device ? standing.nonce : null;
    this.#send({
      type: "seen",
      ours: standing && nonce !== null ? { nonce, sentAt: standing.joinedAt } : null,
    });
  }

  /** Does nothing from now on; the delayed leave will. */
  abandon(): void {
    this.#abandoned = true;
    this.#timer.set(null);
  }

  // Distributes over the union, so that each event keeps its own fields.
  #send(event: MembershipEvent extends infer E ? (E extends unknown ? Omit<E, "now"> : never) : never): void {
    if (this.#abandoned) return;
    const { round } = this.#state;
    const [state, effects] = stepMembership(this.#state, {
      ...event,
      now: this.#parts.clock.now(),
    } as MembershipEvent);
    this.#state = state;
    this.#perform(effects);
    if (state.round !== round) this.#parts.onRejoin();
    this.#parts.onChange(this.status);
  }

  #perform(effects: readonly MembershipEffect[]): void {
    const { delayIds, self } = this.#parts;
    for (const effect of effects) {
      if (effect.type === "remember") delayIds.set(self.room, effect.delayId);
      else void this.#request(effect.request);
    }
    this.#timer.set(nextAt(this.#state));
  }

  async #request(request: Request): Promise<void> {
    try {
      const delayId = await this.#ask(request);
      this.#send({ type: "done", request, ...(delayId === null ? {} : { delayId }) });
    } catch (error) {
      this.#parts.log.info("membership request failed", { request: request.kind, why: kindOf(error) });
      const { kind, retryAfterMs, maxDelayMs } =
        error instanceof RtcRequestError ? error : new RtcRequestError("refused", "internal");
      this.#send({ type: "failed", request, kind, retryAfterMs, maxDelayMs });
    }
  }

  /** Resolves to a new delay id, where the request is for one. */
  async #ask(request: Request): Promise<string | null> {
    const { matrix, clock, self } = this.#parts;
    const key = this.#stateKey;
    switch (request.kind) {
      case "schedule":
        return matrix.sendDelayedState(self.room, LEGACY_MEMBER, key, {}, request.delayMs);
      case "restart": {
        const late = () => new RtcRequestError("offline", "no answer in time");
        await within(clock, RESTART_TIMEOUT_MS, matrix.updateDelayed(request.delayId, "restart"), late);
        return null;
      }
      case "cancel":
        await matrix.updateDelayed(request.delayId, "cancel");
        return null;
      case "fire":
        await matrix.updateDelayed(request.delayId, "send");
        return null;
      case "join":
        await matrix.sendState(self.room, LEGACY_MEMBER, key, request.content);
        return null;
      case "leave":
        await matrix.sendState(self.room, LEGACY_MEMBER, key, {});
        return null;
    }
  }
}
