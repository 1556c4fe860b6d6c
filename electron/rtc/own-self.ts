import { randomUUID } from "node:crypto";

import type { RoomId } from "../../shared/matrix/ids.ts";
import { sfuIdentity } from "./identity.ts";
import type { RtcMatrix } from "./ports.ts";
import type { OwnSelf } from "./types.ts";

export interface OwnSelvesParts {
  readonly matrix: Pick<RtcMatrix, "user" | "device">;
  /** How our membership should be written if we joined now. */
  readonly formIn: (room: RoomId) => OwnSelf["form"];
}

/**
 * As whom we are in each room's call. A self is there before the join, for the grants and the dials that are done ahead of it; whoever knows
 * it from outside (an SFU, the call's window) fixes it until that stay is over.
 */
export class OwnSelves {
  readonly #parts: OwnSelvesParts;
  readonly #selves = new Map<RoomId, { readonly self: OwnSelf; fixed: boolean }>();

  constructor(parts: OwnSelvesParts) {
    this.#parts = parts;
  }

  /** Whom we would join as. May be another one next time, until it is fixed. */
  likely(room: RoomId): OwnSelf {
    const known = this.#selves.get(room);
    if (known?.fixed) return known.self;
    const form = this.#parts.formIn(room);
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

  /** The stay is over; the next one is somebody new. */
  free(room: RoomId): void {
    this.#selves.delete(room);
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
