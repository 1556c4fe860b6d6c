import { randomUUID } from "node:crypto";

import type { EventId, RoomId } from "../../shared/matrix/ids.ts";
import type { Log } from "../log.ts";
import { kindOf } from "../rtc/failure.ts";
import { RtcRequestError, type Clock } from "../rtc/ports.ts";
import type { Reactions } from "../rtc/reactions.ts";

export interface OwnHandParts {
  readonly room: RoomId;
  readonly reactions: Pick<Reactions, "raise" | "lower">;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
}

const RETRY_MS = 5_000;
/** So that no other run of the app has the same transactions. */
const RUN = randomUUID();

/**
 * Our hand in one call. For others it is up only on our newest member event, and each camera toggle or renewal makes a new one:
 * there it is raised again until the user lowers it.
 */
export class OwnHand {
  readonly #parts: OwnHandParts;
  /** Epoch ms at which the user raised it. */
  #raisedAt: number | null = null;
  /** Our newest member event. */
  #member: EventId | null = null;
  #standing: { readonly of: EventId; readonly id: EventId } | null = null;
  #raising: Promise<void> | null = null;
  #lowering: Promise<void> | null = null;
  #lowered = 0;
  /** Calls off the one try that waits for its time. */
  #waiting: (() => void) | null = null;
  #stopped = false;

  constructor(parts: OwnHandParts) {
    this.#parts = parts;
  }

  get at(): number | null {
    return this.#raisedAt;
  }

  /** @throws RtcRequestError where the server did not take it; it is down then. */
  async raise(): Promise<void> {
    if (this.#raisedAt !== null) return;
    this.#set(this.#parts.clock.now());
    try {
      await this.#catchUp();
    } catch (error) {
      this.#set(null);
      throw error;
    }
  }

  /** @throws RtcRequestError where the server did not take it; it is up then. */
  async lower(): Promise<void> {
    const at = this.#raisedAt;
    if (at === null) return;
    this.#set(null);
    this.#lowering ??= this.#lowerOnce().finally(() => {
      this.#lowering = null;
    });
    try {
      await this.#lowering;
    } catch (error) {
      this.#set(at);
      throw error;
    }
    // Raised once more meanwhile.
    void this.#retry();
  }

  /** We are in the call no more, and our hand with us. */
  forget(): void {
    this.#standing = null;
    if (this.#raisedAt !== null) this.#set(null);
  }

  /** Our newest member event is this one. */
  look(member: EventId | null): void {
    if (member === this.#member) return;
    this.#member = member;
    void this.#retry();
  }

  /** Somebody redacted an event. A moderator may lower our hand. */
  withdrawn(id: EventId): void {
    if (this.#standing?.id !== id || this.#raisedAt === null) return;
    this.#standing = null;
    this.#set(null);
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting?.();
  }

  async #retry(): Promise<void> {
    // Whatever changed meanwhile is looked at then; the server said when, or does not answer.
    if (this.#waiting) return;
    try {
      await this.#catchUp();
    } catch (error) {
      this.#parts.log.info("our hand could not be raised again", { why: kindOf(error) });
      if (!this.#isBehind()) return;
      const waitMs = passesIn(error);
      // For others it is down, and goes on being so.
      if (waitMs === null) this.#set(null);
      else this.#later(waitMs);
    }
  }

  #later(ms: number): void {
    this.#waiting?.();
    this.#waiting = this.#parts.clock.after(ms, () => {
      this.#waiting = null;
      void this.#retry();
    });
  }

  /** One raise at a time, until the one that stands is on the newest member event. */
  async #catchUp(): Promise<void> {
    while (this.#isBehind()) {
      this.#raising ??= this.#raiseOnce().finally(() => {
        this.#raising = null;
      });
      await this.#raising;
    }
  }

  async #raiseOnce(): Promise<void> {
    await this.#lowering?.catch(() => undefined);
    const of = this.#member;
    if (of === null || !this.#isBehind()) return;
    // A second try after an answer that was lost is the same event: the server takes no second annotation of a kind.
    const txn = `${RUN}.${of}.${this.#lowered}`;
    this.#standing = { of, id: await this.#parts.reactions.raise(this.#parts.room, of, txn) };
  }

  async #lowerOnce(): Promise<void> {
    // One that is on its way would be up after it was lowered.
    await this.#raising?.catch(() => undefined);
    const hand = this.#standing;
    if (!hand) return;
    await this.#parts.reactions.lower(this.#parts.room, hand.id);
    this.#lowered++;
    if (this.#standing?.id === hand.id) this.#standing = null;
  }

  #isBehind(): boolean {
    const wanted = !this.#stopped && this.#raisedAt !== null && this.#member !== null;
    return wanted && this.#standing?.of !== this.#member;
  }

  #set(at: number | null): void {
    this.#raisedAt = at;
    this.#parts.changed();
  }
}

/** In how many ms another try may be taken; null where none will do. */
function passesIn(error: unknown): number | null {
  if (!(error instanceof RtcRequestError)) return null;
  const { kind, retryAfterMs } = error;
  return kind === "offline" || kind === "rate-limited" ? Math.max(RETRY_MS, retryAfterMs ?? 0) : null;
}
