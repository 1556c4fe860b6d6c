import { AppError } from "../../shared/errors.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import type { Clock } from "./ports.ts";
import { Recent } from "./recent.ts";

const MOST = 30;
const PER_MS = 60_000;

/**
 * How often a room's members may send us to a service where we have not been. Choice: thirty a minute in each room, and the others in the next. Why: each
 * costs our homeserver a request, and a member may name another one with every event. Cost: a call that has more SFUs from the start is
 * heard in full only after a minute or more.
 */
export class NewServices {
  readonly #clock: Clock;
  readonly #known = new Recent<true>();
  /** By room, when the last ones came (epoch ms), oldest first. */
  readonly #came = new Map<RoomId, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws AppError `rate-limited` where too many new ones came */
  admit(room: RoomId, transport: string): void {
    const key = `${room} ${transport}`;
    if (this.#known.get(key)) return;
    const now = this.#clock.now();
    const came = (this.#came.get(room) ?? []).filter((at) => now - at < PER_MS);
    if (came.length >= MOST) throw new AppError("rate-limited", "the call names too many new services");
    this.#came.set(room, [...came, now]);
    this.#known.set(key, true);
  }
}
