import { codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { MediaKey } from "../../shared/ipc/contract.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { CallIntent } from "../../shared/state/app-state.ts";
import type { JoinedCall, JoinStatus, Rtc, SessionView } from "../rtc/types.ts";
import { roomCall } from "./other-sessions.ts";

export interface MembershipsParts {
  readonly rtc: Pick<Rtc, "join" | "sessions">;
  /** Whether a join that had to wait is still wanted. */
  readonly isWanted: (room: RoomId) => boolean;
  readonly heard: (
    room: RoomId,
    phase: "joining" | "live" | "unsure",
    /** Epoch ms, as `JoinStatus`. */
    joinedAt: number | null,
  ) => void;
  readonly key: (room: RoomId, key: MediaKey) => void;
  readonly ended: (room: RoomId, code: ErrorCode | null) => void;
  readonly left: (room: RoomId) => void;
}

/** Who is in a room's call besides us, and whether we are. */
export interface Company {
  /** Our own member event, once it stands. */
  readonly own: EventId | null;
  /** No other device is in it, not even another one of ours. */
  readonly first: boolean;
  readonly others: readonly UserId[];
}

/** Our own places in calls, by room. */
export class Memberships {
  readonly #parts: MembershipsParts;
  readonly #joined = new Map<RoomId, JoinedCall>();
  readonly #leaving = new Map<RoomId, Promise<void>>();
  /** What our device had said in a room before it joined there now. */
  readonly #ghosts = new Map<RoomId, EventId | undefined>();

  constructor(parts: MembershipsParts) {
    this.#parts = parts;
  }

  of(room: RoomId): JoinedCall | null {
    return this.#joined.get(room) ?? null;
  }

  async join(room: RoomId, intent: CallIntent): Promise<void> {
    const leaving = this.#leaving.get(room);
    if (leaving) await leaving;
    const { rtc, isWanted, key, ended } = this.#parts;
    if (!isWanted(room) || this.#joined.has(room)) return;
    try {
      const joined = rtc.join(room, { intent });
      this.#joined.set(room, joined);
      this.#ghosts.set(room, this.session(room)?.members.find(({ own }) => own)?.eventId);
      joined.onStatus((status) => this.#heard(joined, status));
      // Our own first key may be there already.
      for (const one of joined.keys()) key(room, one);
      joined.onKey((one) => key(room, one));
      this.#heard(joined, joined.status);
    } catch (error) {
      ended(room, codeOf(error));
    }
  }

  leave(room: RoomId): void {
    const joined = this.#joined.get(room);
    this.#joined.delete(room);
    const done = this.#gone(room, joined);
    this.#leaving.set(room, done);
  }

  /** Every leave under way is seen by others, or took its few seconds. */
  async gone(): Promise<void> {
    await Promise.all(this.#leaving.values());
  }

  /** The call that runs in a room. */
  session(room: RoomId): SessionView | undefined {
    return roomCall(this.#parts.rtc.sessions(room));
  }

  company(room: RoomId, me: UserId | null): Company {
    const members = this.session(room)?.members ?? [];
    const status = this.of(room)?.status.phase;
    const own = members.find((member) => member.own)?.eventId;
    const stands = (status === "live" || status === "unsure") && own !== this.#ghosts.get(room);
    const others = members.filter((member) => !member.own);
    return {
      own: (stands && own) || null,
      first: others.length === 0,
      others: others.map(({ user }) => user).filter((user) => user !== me),
    };
  }

  async #gone(room: RoomId, joined: JoinedCall | undefined): Promise<void> {
    await Promise.all([this.#leaving.get(room), joined?.leave()]);
    this.#parts.left(room);
  }

  #heard(joined: JoinedCall, { phase, error, joinedAt }: JoinStatus): void {
    const { room } = joined;
    if (joined !== this.#joined.get(room)) return;
    if (phase !== "left") return this.#parts.heard(room, phase, joinedAt);
    this.#joined.delete(room);
    this.#parts.ended(room, error);
  }
}
