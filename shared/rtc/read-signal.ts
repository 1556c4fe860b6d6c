import * as v from "valibot";

import { expiryOf } from "../call/lifetime.ts";
import { callNotify, decline, notification, stickyKey } from "../matrix/events.ts";
import { isEventId, isUserId, type EventId, type RoomId, type UserId } from "../matrix/ids.ts";
import type { CallIntent } from "../state/app-state.ts";
import { CALL_SLOT, LEGACY_MEMBER, readMemberEvent, sameSlot, type MemberEvent } from "./member-event.ts";
import type { CallNotification, CallSignal } from "./notification.ts";

export const NOTIFICATION = "org.matrix.msc4075.rtc.notification";
export const DECLINE = "org.matrix.msc4310.rtc.decline";
const CALL_NOTIFY = "org.matrix.msc4075.call.notify";
const REDACTION = "m.room.redaction";

const NOTIFICATIONS: ReadonlySet<string> = new Set([NOTIFICATION, "m.rtc.notification", "m.rtc.invite"]);
const CALL_NOTIFIES: ReadonlySet<string> = new Set([CALL_NOTIFY, "m.call.notify"]);
const DECLINES: ReadonlySet<string> = new Set([DECLINE, "m.rtc.decline"]);
const MEMBERS: ReadonlySet<string> = new Set([
  LEGACY_MEMBER,
  "org.matrix.msc4143.rtc.member",
  "m.rtc.member",
]);

/** Every type of event that may say something of calls, redactions aside. */
export const SIGNAL_TYPES: ReadonlySet<string> = new Set([
  ...NOTIFICATIONS,
  ...CALL_NOTIFIES,
  ...DECLINES,
  ...MEMBERS,
]);

/** An event as a room has it, decrypted where that could be, and when we heard it. */
export interface HeardEvent extends MemberEvent {
  readonly room: RoomId;
  /** Epoch ms by our clock: now. */
  readonly receivedAt: number;
  /** How old our server says it was at `receivedAt` (ms); null where that is not known. */
  readonly ageMs: number | null;
  readonly redacted: boolean;
  /** Of a redaction: what it redacts. */
  readonly redacts: unknown;
}

/** Where somebody's newest notification of a session replaces, and their withdrawal clears, the one before. */
export const noticePlace = (of: {
  readonly room: RoomId;
  readonly sender: UserId;
  readonly slot: string;
}): string => `${of.room}|${of.sender}|${sameSlot(of.slot)}`;

/**
 * What an event says of calls; null for nothing, for what is malformed and for what is not on the server yet. `noticeAt` is asked
 * for the notification that a withdrawal clears, which does not name it.
 */
export function readSignal(
  event: HeardEvent,
  noticeAt: (place: string) => EventId | null,
): CallSignal | null {
  if (!isEventId(event.eventId) || !isUserId(event.sender) || !Number.isFinite(event.sentAt)) return null;
  if (MEMBERS.has(event.type) && !(event.redacted && event.stateKey === null)) return membership(event);
  const { type } = event;
  if (event.stateKey !== null) return null;
  if (event.redacted) return withdrawn(event, event.eventId);
  if (type === REDACTION) return withdrawn(event, isEventId(event.redacts) ? event.redacts : null);
  if (NOTIFICATIONS.has(type)) {
    const key = clearedKey(event.content);
    return key === null ? notified(event) : withdrawn(event, noticeAt(noticePlace({ ...event, slot: key })));
  }
  if (CALL_NOTIFIES.has(type)) return legacyNotified(event);
  return DECLINES.has(type) ? declined(event) : null;
}

/** Nothing but its sticky key (and slot, as some write it) clears what stood under that key. */
const clearing = v.strictObject({ ...stickyKey.entries, slot_id: v.optional(v.string()) });

function clearedKey(content: unknown): string | null {
  const parsed = v.safeParse(clearing, content);
  return parsed.success ? (parsed.output.sticky_key ?? parsed.output.msc4354_sticky_key ?? null) : null;
}

const withdrawn = ({ room }: HeardEvent, id: EventId | null): CallSignal | null =>
  id === null ? null : { type: "withdrawn", room, id };

function notified(event: HeardEvent): CallSignal | null {
  const parsed = v.safeParse(notification, event.content);
  if (!parsed.success) return null;
  const content = parsed.output;
  return {
    type: "notified",
    notification: {
      ...common(event, content["m.mentions"], content.sender_ts ?? null, content.lifetime ?? null),
      kind: content.notification_type === "ring" ? "ring" : "announcement",
      // Element Call names no slot.
      slot: sameSlot(content.slot_id ?? CALL_SLOT),
      member: content["m.relates_to"]?.event_id ?? null,
      intent: intentOf(content["m.call.intent"]),
    },
  };
}

function legacyNotified(event: HeardEvent): CallSignal | null {
  const parsed = v.safeParse(callNotify, event.content);
  if (!parsed.success) return null;
  const { application, call_id: callId, notify_type: kind } = parsed.output;
  return {
    type: "notified",
    notification: {
      ...common(event, parsed.output["m.mentions"], null, null),
      kind: kind === "ring" ? "ring" : "announcement",
      slot: application === "m.call" && callId === "" ? CALL_SLOT : sameSlot(`${application}#${callId}`),
      member: null,
      intent: intentOf(undefined),
    },
  };
}

function common(
  { eventId, room, sender, sentAt, ageMs, receivedAt }: HeardEvent,
  mentions: { readonly user_ids: readonly UserId[]; readonly room: boolean },
  senderAt: number | null,
  lifetimeMs: number | null,
): Omit<CallNotification, "kind" | "slot" | "member" | "intent"> {
  return {
    id: eventId,
    room,
    sender,
    users: mentions.user_ids,
    everyone: mentions.room,
    sentAt,
    expiresAt: expiryOf({ senderAt, sentAt, lifetimeMs, ageMs, receivedAt }),
  };
}

function declined({ content, eventId, room, sender, sentAt }: HeardEvent): CallSignal | null {
  const parsed = v.safeParse(decline, content);
  if (!parsed.success) return null;
  const { "m.relates_to": of, "im.carillon.reason": reason } = parsed.output;
  return {
    type: "declined",
    id: eventId,
    room,
    sender,
    of: of.event_id,
    reason: reason === "busy" ? "busy" : null,
    sentAt,
  };
}

function membership(event: HeardEvent): CallSignal | null {
  const reading = readMemberEvent(event, event.receivedAt);
  if (reading.kind !== "member" && reading.kind !== "nobody") return null;
  const { eventId: id, room, sender, sentAt } = event;
  const about = { type: "membership", id, room, place: reading.key, sender, sentAt } as const;
  if (reading.kind === "nobody") return { ...about, joined: null };
  const { device, slot, intent, expiresAt } = reading.membership;
  return { ...about, joined: { device, slot, intent, expiresAt } };
}

/** Who does not say is taken to mean audio, so that nobody's camera starts for a field that is missing. */
const intentOf = (hint: string | undefined): CallIntent => (hint === "video" ? "video" : "audio");
