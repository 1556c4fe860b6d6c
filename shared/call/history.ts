import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import type { CallSignal } from "../rtc/notification.ts";
import type { CallIntent } from "../state/app-state.ts";

/**
 * What the history is made of: signals as rooms have them, whenever and in whatever order they were heard. A `notified` counts
 * with whether it rang us (a judgement of its time), and `put-off` is a word of our own.
 */
export type CallFact = CallSignal & { readonly rangUs?: boolean };

/** One call of one room, from its first member or ring to its end. */
export interface CallRecord {
  /** The first event of the call. */
  readonly id: EventId;
  readonly room: RoomId;
  readonly direction: "incoming" | "outgoing";
  readonly caller: UserId;
  readonly intent: CallIntent;
  readonly outcome: CallOutcome;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms; null while it goes on. */
  readonly endedAt: number | null;
  /** Ms that we were in it with somebody, on any device; null where we never were. */
  readonly talkedMs: number | null;
  /** Everybody who was in it, in the order in which they came. */
  readonly people: readonly UserId[];
}

/** `answered` and `elsewhere` of incoming calls: on this device, or on another of ours. */
export type CallOutcome =
  "ongoing" | "answered" | "elsewhere" | "missed" | "declined" | "no-answer" | "busy" | "cancelled";
