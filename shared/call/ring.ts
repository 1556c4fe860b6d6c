import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import type { CallNotification } from "../rtc/notification.ts";
import type { CallIntent } from "../state/app-state.ts";
import { RingDraft } from "./ring-draft.ts";
import { ended } from "./ring-rules.ts";

/**
 * One person ringing us. A flood of notifications from one person is one ring; it lives as long as any of them does, and never
 * longer than `LONGEST_RING_MS` from its start.
 */
export interface Ring {
  /** Of the notification that began it; names the ring. */
  readonly id: EventId;
  readonly from: UserId;
  /** Of the newest notification that lives, as is `intent`: where an answer goes. */
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
      readonly me: UserId;
      /** Everybody in the room's call now. Where the room rings or waits already, what `session` told counts instead. */
      readonly members: readonly SessionMember[];
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
  /** It started unseen, and the same person rings again now that nothing forbids to show it. */
  | { readonly type: "revealed"; readonly ring: Ring }
  | { readonly type: "ended"; readonly ring: Ring; readonly why: RingEnd }
  /** Tell the caller (MSC4310), for each notification of the ring. */
  | { readonly type: "decline"; readonly room: RoomId; readonly of: EventId };

export interface Done {
  readonly id: EventId;
  readonly until: number;
  /** Withdrawn before anything was heard of it: mostly it is no notification at all. */
  readonly unheard?: true;
}

/** All that a restart must know, as plain JSON: the host keeps it on disk whenever it changes. */
export interface Rings {
  /** Oldest first. */
  readonly ringing: readonly Ring[];
  /** Valid notifications into a call where nobody is yet, until somebody comes or they expire. */
  readonly waiting: readonly { readonly notification: CallNotification; readonly disturb: Disturb }[];
  /** Notifications that are done with, until they could not ring anyway: the event that comes again does not ring again. */
  readonly done: readonly Done[];
  /** When each person began to ring lately. */
  readonly lately: readonly { readonly user: UserId; readonly at: number }[];
  /**
   * Who is in the calls of rooms that ring or wait, as last told. After a restart the host tells `session` for each of these, also
   * where nobody is left: what happened meanwhile stops rings too.
   */
  readonly sessions: readonly { readonly room: RoomId; readonly members: readonly SessionMember[] }[];
}

export const noRings: Rings = { ringing: [], waiting: [], done: [], lately: [], sessions: [] };

export type RingStep = readonly [Rings, readonly RingEffect[]];

/** What rings, and when it stops. Returns the same state where nothing changed. */
export function stepRing(state: Rings, event: RingEvent): RingStep {
  // Nothing of an account outlives it.
  if (event.type === "signed-out") return [noRings, state.ringing.map((ring) => ended(ring, "signed-out"))];
  const draft = new RingDraft(state, event.now);
  // What the user said of a ring that they still saw counts, even if its time has run out by a moment.
  if (event.type === "answered") draft.end(event.ring, "answered");
  else if (event.type === "refused") draft.end(event.ring, "declined");
  else if (event.type === "put-off") draft.end(event.ring, "put-off");
  draft.sweep();
  switch (event.type) {
    case "notified":
      draft.hear(event);
      break;
    case "declined":
      if (event.mine) draft.decline(event.of);
      break;
    case "withdrawn":
      draft.withdraw(event.id);
      break;
    case "session":
      draft.meet(event.room, event.members);
      break;
    case "room-left":
      draft.stop((notification) => notification.room === event.room, "room-left");
      break;
    case "tested":
      draft.test(event.room, event.from);
      break;
    default:
  }
  return draft.finish();
}

/** Epoch ms at which `time` must come; null while nothing rings or waits. */
export function nextRingAt(state: Rings): number | null {
  let next = Infinity;
  for (const ring of state.ringing) {
    next = Math.min(next, ring.expiresAt, ...ring.notifications.map(({ expiresAt }) => expiresAt));
  }
  for (const { notification } of state.waiting) next = Math.min(next, notification.expiresAt);
  return next === Infinity ? null : next;
}
