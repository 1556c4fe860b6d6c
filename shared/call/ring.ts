import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import type { CallNotification } from "../rtc/notification.ts";
import type { CallIntent } from "../state/app-state.ts";

/**
 * One person ringing us. A flood of notifications from one person is one ring; it lives as long as any of them does, and never
 * longer than `LONGEST_RING_MS` from its start.
 */
export interface Ring {
  /** Of the notification that began it; names the ring. */
  readonly id: EventId;
  readonly from: UserId;
  /** Of the newest notification that lives: where an answer goes. */
  readonly room: RoomId;
  readonly intent: CallIntent;
  /** Epoch ms, as all times here. */
  readonly startedAt: number;
  readonly expiresAt: number;
  readonly notifications: readonly CallNotification[];
  /** False for a ring that do-not-disturb keeps silent and unseen; it is missed all the same. */
  readonly shown: boolean;
}

/** What of the room and its people decides whether a notification may ring; read when it is heard. */
export interface Standing {
  /** We are in the room. */
  readonly joined: boolean;
  readonly ignored: boolean;
  /** The room is our direct room with the sender. */
  readonly direct: boolean;
  /** The sender's power level allows `@room`. */
  readonly mayMentionRoom: boolean;
  /** The user's word about this room or person: `default` rings in direct rooms and nowhere else. */
  readonly ringing: "default" | "on" | "off";
}

/** Whether do-not-disturb holds when a ring begins, and whether a second one within 3 minutes passes. */
export interface Disturb {
  readonly quiet: boolean;
  readonly repeatPasses: boolean;
}

export interface SessionMember {
  readonly user: UserId;
  readonly eventId: EventId;
  readonly who: "this-device" | "own-device" | "other";
}

export type RingEvent =
  | {
      readonly type: "notified";
      readonly notification: CallNotification;
      readonly standing: Standing;
      readonly disturb: Disturb;
      readonly now: number;
    }
  /** `mine`: one of our own devices declined, this one included. */
  | { readonly type: "declined"; readonly of: EventId; readonly mine: boolean; readonly now: number }
  /** The notification, or the member event it refers to, was redacted or withdrawn. */
  | { readonly type: "withdrawn"; readonly id: EventId; readonly now: number }
  /** Everybody in the room's call now. */
  | {
      readonly type: "session";
      readonly room: RoomId;
      readonly members: readonly SessionMember[];
      readonly now: number;
    }
  | { readonly type: "room-left"; readonly room: RoomId; readonly now: number }
  /** The user did something about a ring: answered it, declined it, or put it off (“Remind me”). */
  | { readonly type: "answered" | "refused" | "put-off"; readonly ring: EventId; readonly now: number }
  /** The user tries the ring: it rings for real, for 15 s, and is nobody's. */
  | { readonly type: "tested"; readonly room: RoomId; readonly from: UserId; readonly now: number }
  | { readonly type: "signed-out" }
  /** Time passed, or the machine woke. */
  | { readonly type: "time"; readonly now: number };

/** Why a ring ended. All but the first three and `tested` leave a missed call. */
export type RingEnd =
  | "answered"
  | "answered-elsewhere"
  | "declined"
  | "cancelled"
  | "expired"
  | "put-off"
  | "withdrawn"
  | "room-left"
  | "signed-out"
  | "tested";

export type RingEffect =
  | { readonly type: "started"; readonly ring: Ring }
  | { readonly type: "ended"; readonly ring: Ring; readonly why: RingEnd }
  /** Tell the caller (MSC4310), for each notification of the ring. */
  | { readonly type: "decline"; readonly room: RoomId; readonly of: EventId };

/** All that a restart must know, as plain JSON: the host keeps it on disk whenever it changes. */
export interface Rings {
  /** Oldest first. */
  readonly ringing: readonly Ring[];
  /** Valid notifications into a call where nobody is yet, until somebody comes or they expire. */
  readonly waiting: readonly { readonly notification: CallNotification; readonly disturb: Disturb }[];
  /** Notifications that are done with, until they could not ring anyway: the event that comes again does not ring again. */
  readonly done: readonly { readonly id: EventId; readonly until: number }[];
  /** When each person began to ring lately. */
  readonly lately: readonly { readonly user: UserId; readonly at: number }[];
  /** Who is in the calls of rooms that ring or wait, as last told. */
  readonly sessions: readonly { readonly room: RoomId; readonly members: readonly SessionMember[] }[];
}

export const noRings: Rings = { ringing: [], waiting: [], done: [], lately: [], sessions: [] };
