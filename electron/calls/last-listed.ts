import type { RoomId } from "../../shared/matrix/ids.ts";
import type { RoomSummary } from "../../shared/state/app-state.ts";

/** Rooms of our calls as they were listed last: whoever is put out of one is to read it in the call's window. */
export class LastListed {
  readonly #listed: (room: RoomId) => RoomSummary | undefined;
  readonly #seen = new Map<RoomId, RoomSummary>();

  constructor(listed: (room: RoomId) => RoomSummary | undefined) {
    this.#listed = listed;
  }

  of(room: RoomId): RoomSummary | undefined {
    const summary = this.#listed(room) ?? this.#seen.get(room);
    if (summary) this.#seen.set(room, summary);
    return summary;
  }

  clear(): void {
    this.#seen.clear();
  }
}
