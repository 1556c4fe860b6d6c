import { randomUUID } from "node:crypto";

import type { RoomId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import type { Settings } from "../../shared/state/settings.ts";
import { sfuIdentity } from "./identity.ts";
import type { RtcMatrix } from "./ports.ts";
import type { SessionWatch } from "./room-sessions.ts";
import type { OwnSelf } from "./types.ts";

export interface OwnSelvesParts {
  readonly matrix: Pick<RtcMatrix, "user" | "device" | "rooms" | "hasSticky" | "maySend">;
  readonly sessions: Pick<SessionWatch, "session" | "isClosed" | "touch">;
  /** What the user chose. */
  readonly membership: () => Settings["membership"];
}

/**
 * As whom we are in each room's call. A self is there before the join, for the grants and the dials that are done ahead of it; whoever knows
 * it from outside (an SFU, the call's window) fixes it until that stay is over, or the visit that came to no stay.
 */
export class OwnSelves {
  readonly #parts: OwnSelvesParts;
  readonly #selves = new Map<RoomId, { readonly self: OwnSelf; fixed: boolean }>();
  #hasSticky = false;
  #asked = false;

  constructor(parts: OwnSelvesParts) {
    this.#parts = parts;
    this.learn();
  }

  /** Asks what the server can, until it has said so; before that we are in the form that all servers have. */
  learn(): void {
    if (!this.#asked) void this.#ask();
  }

  async #ask(): Promise<void> {
    const { matrix, sessions } = this.#parts;
    this.#asked = true;
    try {
      this.#hasSticky = await matrix.hasSticky();
    } catch {
      this.#asked = false;
    }
    if (!this.#hasSticky) return;
    for (const room of matrix.rooms()) if (!matrix.maySend(room, "legacy")) sessions.touch(room);
  }

  /** Whether we may be in the room's call. */
  canJoin(room: RoomId): boolean {
    // A server that did not answer at the start is asked again, since nobody comes to a call that cannot be joined.
    this.learn();
    return this.#parts.matrix.maySend(room, this.#formIn(room));
  }

  /** Whom we would join as. May be another one next time, until it is fixed. */
  likely(room: RoomId): OwnSelf {
    const known = this.#selves.get(room);
    if (known?.fixed) return known.self;
    const form = this.#formIn(room);
    if (known?.self.form === form) return known.self;
    const self = this.#made(form);
    this.#selves.set(room, { self, fixed: false });
    return self;
  }

  /** The same from now on, until `free`. */
  fixed(room: RoomId): OwnSelf {
    const self = this.likely(room);
    this.#selves.set(room, { self, fixed: true });
    return self;
  }

  /**
   * The window comes to the room's call anew, and has dialled nothing yet. Choice: the form is chosen once for each visit, not at the join. Why: a
   * dial that stands has the name of the self for which it was made. Cost: who is there is looked at when the lobby opens, not when it is left.
   */
  visit(room: RoomId): void {
    const known = this.#selves.get(room);
    if (known) this.#selves.set(room, { self: known.self, fixed: false });
  }

  /** This stay goes, or is gone; the next one is somebody new. Whoever came since is left alone. */
  free(room: RoomId, self: OwnSelf): void {
    if (this.#selves.get(room)?.self === self) this.#selves.delete(room);
  }

  /** As we would be, if we may; else as we may. */
  #formIn(room: RoomId): OwnSelf["form"] {
    const { matrix, sessions } = this.#parts;
    if (!this.#hasSticky || sessions.isClosed(room, CALL_SLOT)) return "legacy";
    const form = this.#chosenIn(room);
    const other = form === "sticky" ? "legacy" : "sticky";
    return !matrix.maySend(room, form) && matrix.maySend(room, other) ? other : form;
  }

  /** What everybody present reads; where all are of MSC4143, that. */
  #chosenIn(room: RoomId): OwnSelf["form"] {
    const { matrix, sessions, membership } = this.#parts;
    if (membership() === "sticky") return "sticky";
    const members = sessions.session(room, CALL_SLOT)?.members ?? [];
    const others = members.filter(({ user, device }) => user !== matrix.user || device !== matrix.device);
    return others.length > 0 && others.every(({ form }) => form === "sticky") ? "sticky" : "legacy";
  }

  #made(form: OwnSelf["form"]): OwnSelf {
    const { user, device } = this.#parts.matrix;
    if (form === "legacy") {
      const name = `${user}:${device}`;
      return { form, memberId: name, identity: name };
    }
    const memberId = randomUUID();
    // As deployed; MSC4195's newest text leaves the device out, which no service does.
    return { form, memberId, identity: sfuIdentity([user, device, memberId]) };
  }
}
