import type { HandSignal } from "../../shared/call/hands.ts";
import type { EventId, RoomId } from "../../shared/matrix/ids.ts";

/** Raised hands and reactions on the wire. What is asked of the server fails with `RtcRequestError`. */
export interface Reactions {
  /** Those of rooms that are `wanted`, as they come. Returns how to stop listening. */
  onSignal(
    wanted: (room: RoomId) => boolean,
    listener: (room: RoomId, signal: HandSignal) => void,
  ): () => void;
  /** More happened in the room than was told. */
  onGap(listener: (room: RoomId) => void): () => void;
  /** What was raised on a member event and still is. */
  standing(room: RoomId, of: EventId): Promise<readonly HandSignal[]>;
  /** On our own newest member event. The same `txn` again is the same event. */
  raise(room: RoomId, of: EventId, txn: string): Promise<EventId>;
  lower(room: RoomId, hand: EventId): Promise<void>;
  /** Encrypted in encrypted rooms. */
  react(room: RoomId, of: EventId, emoji: string): Promise<void>;
}
