import { leaveContent } from "../../shared/rtc/membership-content.ts";
import { stateKeyOf, STICKY_MS } from "../../shared/rtc/membership-state.ts";
import type { EventId, RoomId } from "../../shared/matrix/ids.ts";
import {
  CALL_SLOT,
  LEGACY_MEMBER,
  legacyKey,
  STICKY_MEMBER,
  stickyPlace,
} from "../../shared/rtc/member-event.ts";
import type { Log } from "../log.ts";
import { kindOf } from "./failure.ts";
import { RtcRequestError, type Clock, type RtcMatrix } from "./ports.ts";
import type { SessionWatch } from "./room-sessions.ts";

export interface GhostsParts {
  readonly matrix: RtcMatrix;
  readonly clock: Clock;
  readonly log: Log;
  readonly sessions: Pick<SessionWatch, "stays" | "place">;
  /** Whether this run is in the room's call. */
  readonly isIn: (room: RoomId) => boolean;
}

/** Whoever was killed in a call may be back in it at once: then the join sees to what stood there before. */
const GRACE_MS = 10_000;
const RETRY_MS = 30_000;
const TRIES = 20;

interface Ghost {
  readonly room: RoomId;
  readonly event: EventId;
  readonly clear: () => Promise<unknown>;
  /** Whether it is still what stands there, and nobody else's to see to. */
  readonly stands: () => boolean;
}

/**
 * Takes back what a killed run of this device left standing, where no delayed leave does it: homeservers without any, and rooms that we were put
 * out of and came back to. Only what stands when we come: a copy of the app that is alive says so by a new event, which is left alone.
 *
 * Choice: where the homeserver has delayed leaves, what stands at our start is theirs. Why: the one that they do not end is most likely that of a
 * copy of the app which is alive, and others would see it leave and return. Cost: what lost its delayed leave stands until it expires.
 */
export class Ghosts {
  readonly #parts: GhostsParts;
  readonly #stops: (() => void)[] = [];
  readonly #timers = new Set<() => void>();
  /** Rooms that we were put out of since the start: no copy of the app is in their calls. */
  readonly #out = new Set<RoomId>();

  constructor(parts: GhostsParts) {
    const { matrix } = parts;
    this.#parts = parts;
    for (const room of matrix.rooms()) this.#look(room);
    this.#stops.push(
      matrix.onRoomMember((room, user, joined) => {
        if (user !== matrix.user) return;
        if (joined) this.#look(room);
        else this.#out.add(room);
      }),
    );
  }

  stop(): void {
    for (const stop of [...this.#stops, ...this.#timers]) stop();
  }

  #look(room: RoomId): void {
    const isDead = this.#out.delete(room);
    for (const ghost of this.#in(room)) this.#later(GRACE_MS, () => this.#lay(ghost, isDead, TRIES));
  }

  #in(room: RoomId): readonly Ghost[] {
    const { matrix, sessions, isIn } = this.#parts;
    const { user, device } = matrix;
    return sessions
      .stays(room, CALL_SLOT, user, device)
      .filter(({ nonce }) => nonce !== null)
      .flatMap(({ form, memberId, eventId: event }) => {
        const sticky = form === "sticky";
        const keys = sticky ? [memberId] : [false, true].map((owned) => stateKeyOf(matrix, owned));
        const placeOf = (key: string) =>
          sessions.place(room, sticky ? stickyPlace(user, key) : legacyKey(key));
        const isIt = (key: string) => placeOf(key)?.eventId === event && placeOf(key)?.membership != null;
        const key = keys.find(isIt);
        if (key === undefined) return [];
        const content = leaveContent({ form, memberId });
        const clear = () =>
          sticky
            ? matrix.sendSticky(room, STICKY_MEMBER, content, STICKY_MS)
            : matrix.sendState(room, LEGACY_MEMBER, key, content);
        // Of one state key the join has to do with it; a sticky ghost counts before a legacy stay of ours.
        const stands = () => isIt(key) && (sticky || !isIn(room));
        return [{ room, event, clear, stands }];
      });
  }

  async #lay(ghost: Ghost, isDead: boolean, tries: number): Promise<void> {
    const { matrix, log } = this.#parts;
    if (!ghost.stands() || !matrix.isJoined(ghost.room, matrix.user)) return;
    try {
      if (!isDead && (await matrix.hasDelayed())) return;
      if (!ghost.stands()) return;
      await ghost.clear();
      log.info("took back a membership of an earlier run");
    } catch (error) {
      log.info("a membership of an earlier run stands", { why: kindOf(error) });
      const passes = error instanceof RtcRequestError && /^(offline|rate-limited)$/.test(error.kind);
      if (passes && tries > 0) this.#later(RETRY_MS, () => this.#lay(ghost, isDead, tries - 1));
    }
  }

  #later(ms: number, run: () => Promise<void>): void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(cancel);
      void run();
    });
    this.#timers.add(cancel);
  }
}
