import type { EventId } from "../../../shared/matrix/ids.ts";
import type {
  Echo,
  FailureKind,
  MembershipEffect,
  MembershipEvent,
  OwnMembership,
  Request,
  Seen,
  Self,
  Stale,
} from "../../../shared/rtc/membership-state.ts";
import { enter, stepMembership } from "../../../shared/rtc/membership.ts";
import { ALICE, ROOM } from "./call-world.ts";

export const NOW = 1_800_000_000_000;
export const self = {
  room: ROOM,
  user: ALICE,
  device: "A",
  serviceUrl: "https://sfu.hs",
  form: "legacy",
  memberId: `${ALICE}:A`,
} as const;
export const stickySelf = { ...self, form: "sticky", memberId: "uuid" } as const;

/** An event without its time; distributes over the union, so that each keeps its own fields. */
export type Happening = MembershipEvent extends infer E
  ? E extends unknown
    ? Omit<E, "now">
    : never
  : never;

/** Answers by hand: what was asked, what was remembered, what comes of it. */
export class Hand {
  state: OwnMembership;
  now = NOW;
  remembered: readonly string[] | undefined;
  readonly asked: Request[] = [];
  #open: Request | null = null;

  constructor(stale: readonly Stale[] = [], as: Self = self) {
    const [state, effects] = enter({ self: as, intent: "video", nonce: "n", stale, now: NOW });
    this.state = state;
    this.#take(effects);
  }

  step(event: Happening) {
    const [state, effects] = stepMembership(this.state, { ...event, now: this.now } as MembershipEvent);
    this.state = state;
    this.#take(effects);
    return this;
  }
  done(delayId?: string) {
    return this.step({ type: "done", request: this.take(), ...(delayId ? { delayId } : {}) });
  }
  /** The join was accepted. */
  sent(eventId: EventId) {
    return this.step({ type: "done", request: this.take(), eventId });
  }
  /** What stands at our place now. */
  sees(ours: Echo | null, more: Partial<Seen> = {}) {
    return this.step({ type: "seen", ours, redacted: null, twinAt: null, ...more });
  }
  fails(kind: FailureKind, more: { retryAfterMs?: number; maxDelayMs?: number } = {}) {
    const { retryAfterMs = null, maxDelayMs = null } = more;
    return this.step({ type: "failed", request: this.take(), kind, retryAfterMs, maxDelayMs });
  }
  passes(ms: number) {
    this.now += ms;
    return this.step({ type: "time" });
  }
  /** Joined, and our own event came back. */
  live() {
    this.done("d1").done().done();
    return this.sees({ nonce: "n.0", sentAt: NOW });
  }
  get open(): string | null {
    return (
      this.#open && ("delayId" in this.#open ? `${this.#open.kind} ${this.#open.delayId}` : this.#open.kind)
    );
  }
  get content(): Record<string, unknown> {
    const join = this.asked.findLast((request) => request.kind === "join");
    return (join?.content ?? {}) as Record<string, unknown>;
  }

  take(): Request {
    if (!this.#open) throw new Error("nothing was asked");
    const request = this.#open;
    this.#open = null;
    return request;
  }
  #take(effects: readonly MembershipEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "remember") this.remembered = effect.delayIds;
      else {
        this.#open = effect.request;
        this.asked.push(effect.request);
      }
    }
  }
}
