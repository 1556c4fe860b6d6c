import { randomUUID } from "node:crypto";

import { codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { EventId } from "../../shared/matrix/ids.ts";
import type { CallIntent } from "../../shared/state/app-state.ts";
import {
  cameFirstAt,
  LEGACY_MEMBER,
  legacyKey,
  STICKY_MEMBER,
  stickyPlace,
  type Membership,
} from "../../shared/rtc/member-event.ts";
import { leaveContent } from "../../shared/rtc/membership-content.ts";
import { enter, stepMembership } from "../../shared/rtc/membership.ts";
import {
  isOurNonce,
  nextAt,
  phaseOf,
  STICKY_MS,
  stateKeyOf,
  type MembershipEffect,
  type MembershipEvent,
  type OwnMembership as State,
  type Phase,
  type Request,
  type Self,
} from "../../shared/rtc/membership-state.ts";
import type { Place } from "../../shared/rtc/session.ts";
import type { Log } from "../log.ts";
import { kindOf } from "./failure.ts";
import { KeptDelays } from "./kept-delays.ts";
import { RtcRequestError, type Clock, type DelayIds, type RtcMatrix } from "./ports.ts";
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
  /** Asks the service in front of our SFU to keep this leave from firing while we are there. Fails with `AppError`. */
  readonly delegate: (delayId: string, delayMs: number) => Promise<"taken" | "unsupported">;
  /** Every membership of the call that our own user and device wrote, ours or not. */
  readonly ofThisDevice: () => readonly Membership[];
  readonly onChange: (status: MembershipStatus) => void;
  /**
   * Others see us come, anew or under a name that they did not know: our key must reach them after that. Some clients take a key that came before it for
   * one of our last stay, where they have not quite forgotten that (seen of Element Call 0.26.1 after a kill), or drop it with that stay.
   */
  readonly onCome: () => void;
  /** No delayed leave of an earlier run is left. */
  readonly onCalledOff: () => void;
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
  /** Where our own event stands. */
  readonly #key: string;
  readonly #kept: KeptDelays;
  readonly #timer: Timer;
  #state: State;
  #seen: { readonly place: Place | undefined; readonly twinAt: number | null };
  #abandoned = false;

  constructor(parts: OwnMembershipParts) {
    const { matrix, clock, delayIds, self, intent } = parts;
    this.#parts = parts;
    this.#stateKey = stateKeyOf(self, OWNED_STATE.test(matrix.roomVersion(self.room)));
    this.#key = self.form === "sticky" ? stickyPlace(self.user, self.memberId) : legacyKey(this.#stateKey);
    this.#timer = new Timer(clock, () => this.#send({ type: "time" }));
    this.#kept = new KeptDelays(delayIds, self.room, self.form);
    const [state, effects] = enter({
      self,
      intent,
      nonce: randomUUID(),
      stale: this.#kept.stale,
      now: clock.now(),
    });
    this.#state = state;
    this.#seen = { place: parts.place(this.#key), twinAt: this.#twinAt() };
    this.#perform(effects);
  }

  get status(): MembershipStatus {
    const { ended, trouble, joinedAt } = this.#state;
    const error = ended === "left" ? null : (ended ?? trouble);
    const { matrix, self } = this.#parts;
    // Choice: a call outlives the upgrade of its room, and ends with it only once we can no longer write here. Why: those who talk go on
    // talking, and what they said of themselves stands. Cost: whoever opens the new room meanwhile finds nobody in its call.
    const upgraded = error === "call-forbidden" && matrix.isUpgraded(self.room);
    return { phase: phaseOf(this.#state), error: upgraded ? "room-upgraded" : error, joinedAt };
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
  /** Whether the call's window stands on the SFU where we publish. */
  setConnected(on: boolean): void {
    this.#send({ type: "on-sfu", on });
  }
  /** We are in the room no more. */
  roomLeft(): void {
    this.#send({ type: "room-left" });
  }
  /** Somebody came who may not be able to read what we sent before. */
  newcomer(): void {
    const { matrix, self } = this.#parts;
    if (matrix.isEncrypted(self.room)) this.#send({ type: "newcomer" });
  }

  /** The room's member events changed. */
  look(): void {
    const { place: at, self } = this.#parts;
    const place = at(this.#key);
    const twinAt = this.#twinAt();
    if (place === this.#seen.place && twinAt === this.#seen.twinAt) return;
    this.#seen = { place, twinAt };
    const standing = place?.joined ? place.membership : null;
    const ours = standing?.user === self.user && standing.device === self.device ? standing : null;
    this.#send({
      type: "seen",
      ours: ours && ours.nonce !== null ? { nonce: ours.nonce, sentAt: ours.joinedAt } : null,
      redacted: place?.redacted ? place.eventId : null,
      twinAt,
    });
  }

  /** Does nothing from now on; the delayed leave will. */
  abandon(): void {
    this.#abandoned = true;
    this.#timer.set(null);
  }

  /** When another copy of the app came that has our user and device. */
  #twinAt(): number | null {
    const { ofThisDevice, self } = this.#parts;
    const twins = ofThisDevice().filter(
      ({ form, memberId, nonce }) =>
        !(nonce !== null && isOurNonce(this.#state, nonce)) &&
        !(form === "sticky" && memberId === self.memberId),
    );
    return twins.length === 0 ? null : Math.max(...twins.map(cameFirstAt));
  }

  // Distributes over the union, so that each event keeps its own fields.
  #send(event: MembershipEvent extends infer E ? (E extends unknown ? Omit<E, "now"> : never) : never): void {
    if (this.#abandoned) return;
    const before = this.#state;
    const [state, effects] = stepMembership(this.#state, {
      ...event,
      now: this.#parts.clock.now(),
    } as MembershipEvent);
    this.#state = state;
    this.#perform(effects);
    // In legacy those who come first come under the name that they always have.
    const came = (of: State) =>
      (of.self.form === "sticky" || of.round > 0) && (of.member?.createdAt ?? null) !== null;
    if (came(state) && !came(before)) this.#parts.onCome();
    if (state.stale.length === 0 && before.stale.length > 0) this.#parts.onCalledOff();
    this.#parts.onChange(this.status);
  }

  #perform(effects: readonly MembershipEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "remember") this.#kept.keep(effect.delayIds);
      else void this.#request(effect.request);
    }
    this.#timer.set(nextAt(this.#state));
  }

  async #request(request: Request): Promise<void> {
    try {
      const came = await this.#ask(request);
      if (this.#abandoned && came.delayId !== undefined) return await this.#disown(came.delayId);
      this.#send({ type: "done", request, ...came });
    } catch (error) {
      this.#parts.log.info("membership request failed", { request: request.kind, why: kindOf(error) });
      const { kind, retryAfterMs, maxDelayMs } =
        error instanceof RtcRequestError ? error : new RtcRequestError(passes(error), "internal");
      this.#send({ type: "failed", request, kind, retryAfterMs, maxDelayMs });
    }
  }

  /** A delayed leave that came too late to be remembered: in legacy it would fire into the stay that follows. */
  #disown(delayId: string): Promise<void> {
    const { matrix, self } = this.#parts;
    return matrix.updateDelayed(delayId, self.form === "legacy" ? "cancel" : "send");
  }

  async #ask(request: Request): Promise<{ delayId?: string; eventId?: EventId; taken?: boolean }> {
    const { matrix, clock } = this.#parts;
    switch (request.kind) {
      case "schedule":
      case "schedule-deputy":
        return { delayId: await this.#schedule(request.delayMs) };
      case "delegate":
        return { taken: (await this.#parts.delegate(request.delayId, request.delayMs)) === "taken" };
      case "restart":
      case "restart-deputy": {
        const late = () => new RtcRequestError("offline", "no answer in time");
        await within(clock, RESTART_TIMEOUT_MS, matrix.updateDelayed(request.delayId, "restart"), late);
        return {};
      }
      case "cancel":
        await matrix.updateDelayed(request.delayId, "cancel");
        return {};
      case "fire":
        await matrix.updateDelayed(request.delayId, "send");
        return {};
      case "join":
        return { eventId: await this.#write(request.content) };
      case "leave":
        await this.#write(leaveContent(this.#parts.self));
        return {};
    }
  }

  #write(content: object): Promise<EventId> {
    const { matrix, self } = this.#parts;
    return self.form === "sticky"
      ? matrix.sendSticky(self.room, STICKY_MEMBER, content, STICKY_MS)
      : matrix.sendState(self.room, LEGACY_MEMBER, this.#stateKey, content);
  }

  #schedule(delayMs: number): Promise<string> {
    const { matrix, self } = this.#parts;
    const content = leaveContent(self);
    return self.form === "sticky"
      ? matrix.sendDelayedSticky(self.room, STICKY_MEMBER, content, { stickyMs: STICKY_MS, delayMs })
      : matrix.sendDelayedState(self.room, LEGACY_MEMBER, this.#stateKey, content, delayMs);
  }
}

/** What an authorization service answers may pass as well. */
const passes = (error: unknown): "offline" | "refused" =>
  /^(offline|rate-limited|grant-unreachable)$/.test(codeOf(error)) ? "offline" : "refused";
