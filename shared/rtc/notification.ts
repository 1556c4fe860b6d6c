import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import type { CallIntent } from "../state/app-state.ts";

/** Somebody says that a call is on (MSC4075), in any of the forms that clients have sent; parsed, not yet judged. */
export interface CallNotification {
  readonly id: EventId;
  readonly room: RoomId;
  readonly sender: UserId;
  /** `announcement`: to be shown, never to ring. */
  readonly kind: "ring" | "announcement";
  /** `m.call#ROOM` for the room's call. */
  readonly slot: string;
  /** The member event that it refers to; null where it names none (`org.matrix.msc4075.call.notify`). */
  readonly member: EventId | null;
  /** Who is meant, by name. */
  readonly users: readonly UserId[];
  /** Whether the whole room is meant, which counts only from those who may. */
  readonly everyone: boolean;
  readonly intent: CallIntent;
  /** Epoch ms, the sender's server. */
  readonly sentAt: number;
  /** Epoch ms by our own clock: counted from receipt, so that neither clock can lengthen or kill a ring; at most 2 min after it. */
  readonly expiresAt: number;
}

/** What the room's events say of calls, in the order in which they came; each at least once, perhaps again after a restart. */
export type CallSignal =
  | { readonly type: "notified"; readonly notification: CallNotification }
  /** MSC4310. */
  | {
      readonly type: "declined";
      readonly id: EventId;
      readonly room: RoomId;
      readonly sender: UserId;
      /** The notification. */
      readonly of: EventId;
      readonly reason: DeclineReason | null;
      readonly sentAt: number;
    }
  /** A notification was redacted, or cleared under its sticky key by its sender. */
  | { readonly type: "withdrawn"; readonly room: RoomId; readonly id: EventId }
  /** Somebody's member event, of any time; only the history reads it. Who is in a session now, the engine says. */
  | {
      readonly type: "membership";
      readonly id: EventId;
      readonly room: RoomId;
      /** What the event replaces and is replaced by: one device's place. */
      readonly place: string;
      readonly sender: UserId;
      /** Null where they left. */
      readonly joined: {
        readonly device: string;
        readonly slot: string;
        readonly intent: CallIntent | null;
        /** Epoch ms. */
        readonly expiresAt: number;
      } | null;
      readonly sentAt: number;
    };

/** Why somebody declined, where they say: other clients never do. */
export type DeclineReason = "busy";

/** MSC4075's recommendation (ms), and its limit. */
export const RING_MS = 90_000;
export const LONGEST_RING_MS = 120_000;
