import * as v from "valibot";

import { isEventId, isUserId, type EventId, type UserId } from "./ids.ts";

/**
 * Contents that other people write. Whatever is not here is dropped; what is malformed makes the whole event malformed,
 * except where a fallback says that the rest is worth keeping.
 */
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
/** No `#`, which ends an application's name in a slot. */
const application = v.pipe(id, v.regex(/^[^#]+$/));
const name = v.pipe(v.string(), v.maxLength(255));
const count = v.pipe(v.number(), v.finite(), v.minValue(0));
const hint = v.fallback(v.optional(v.string()), undefined);

/** One entry of a transports list (MSC4143): only the type is common to all kinds. */
export const transport = v.object({
  type: id,
  livekit_service_url: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(1024))), undefined),
  /** The SFU's, in MSC4195's text. */
  url: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(1024))), undefined),
});
const transports = v.pipe(v.array(v.unknown()), v.maxLength(64));

/** `org.matrix.msc3401.call.member` as deployed (room state). */
export const legacyMember = v.object({
  application,
  call_id: name,
  device_id: id,
  membershipID: v.optional(id),
  created_ts: v.optional(count),
  /** Span in ms from `created_ts`, else from when the event was sent. */
  expires: v.optional(count),
  focus_active: v.object({ type: v.string(), focus_selection: hint }),
  foci_preferred: transports,
  "m.call.intent": hint,
  "im.carillon.nonce": hint,
  "im.carillon.came_ts": v.fallback(v.optional(count), undefined),
});

/** `org.matrix.msc4143.rtc.member` (MSC4354 sticky): as matrix-js-sdk 42 and 43 send it, and as MSC4143's text has it. */
export const stickyMember = v.object({
  slot_id: id,
  application: v.object({ type: application, "m.call.intent": hint, intent: hint }),
  member: v.object({
    id,
    user_id: v.optional(v.string()),
    device_id: v.optional(id),
    membership: v.optional(v.string()),
  }),
  transports: v.optional(v.object({ published: v.optional(transports, []) })),
  rtc_transports: v.optional(transports),
  "im.carillon.nonce": hint,
  "im.carillon.came_ts": v.fallback(v.optional(count), undefined),
});

/** The key under which the newest sticky event of a sender counts. */
export const stickyKey = v.object({
  sticky_key: v.optional(id),
  msc4354_sticky_key: v.optional(id),
});

/** `org.matrix.msc4143.rtc.slot`; anything else is a closed slot. */
export const openSlot = v.object({
  status: v.literal("open"),
  application: v.object({ type: application }),
});

/** `io.element.call.encryption_keys` (to-device). The key is base64 of either alphabet, with or without padding. */
export const encryptionKeys = v.object({
  room_id: v.string(),
  keys: v.object({
    index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
    key: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/_-]{22,43}={0,2}$/)),
  }),
  member: v.object({ id: v.optional(id), claimed_device_id: id }),
  session: v.object({ application, call_id: name }),
  /** Epoch ms by the sender's clock. */
  sent_ts: v.optional(v.pipe(v.number(), v.finite()), 0),
});

/** What an event refers to; anything but a reference counts as none. */
const reference = v.object({
  rel_type: v.literal("m.reference"),
  event_id: v.custom<EventId>(isEventId),
});

/** Who is meant. What is no user ID is nobody. */
const mentions = v.object({
  user_ids: v.fallback(
    v.pipe(
      v.optional(v.array(v.unknown()), []),
      v.transform((users): UserId[] => [...new Set(users.filter(isUserId))]),
    ),
    [],
  ),
  room: v.fallback(v.optional(v.boolean(), false), false),
});

/**
 * `org.matrix.msc4075.rtc.notification` as matrix-js-sdk 42 and 43 and Element Call send it, and as MSC4075's newest text has it
 * (`m.rtc.invite`), where there is nothing but rings.
 */
export const notification = v.object({
  slot_id: v.optional(id),
  notification_type: v.optional(v.string(), "ring"),
  "m.mentions": mentions,
  "m.relates_to": v.fallback(v.nullish(reference), null),
  /** Epoch ms by the sender's clock. */
  sender_ts: v.fallback(v.nullish(count), null),
  /** Ms. */
  lifetime: v.fallback(v.nullish(count), null),
  "m.call.intent": hint,
});

/** `org.matrix.msc4075.call.notify`, which old clients send. */
export const callNotify = v.object({
  application,
  call_id: name,
  notify_type: v.string(),
  "m.mentions": mentions,
});

/** `org.matrix.msc4310.rtc.decline`. */
export const decline = v.object({
  "m.relates_to": reference,
  "im.carillon.reason": hint,
});
