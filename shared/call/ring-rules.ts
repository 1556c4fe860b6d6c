import type { EventId, UserId } from "../matrix/ids.ts";
import { CALL_SLOT } from "../rtc/member-event.ts";
import { LONGEST_RING_MS, type CallNotification } from "../rtc/notification.ts";
import type { Disturb, Ring, RingEffect, RingEnd, Rings, Standing } from "./ring.ts";

/** Names the ring by which the user tries how it sounds; no server gives such an ID. */
export const TEST_RING: EventId = "$test";
export const TEST_RING_MS = 15_000;

/** How long a person's ring counts as lately: the repeat that passes do-not-disturb, and the window of a flood. */
export const LATELY_MS = 3 * 60_000;
/** Rings that one person may begin lately; those beyond are neither heard nor seen. */
const RINGS_LATELY = 5;
/** Notifications of one person that ring or wait at once; a flood may not fill the disk, nor be answered with a flood of declines. */
export const KEPT_OF_PERSON = 8;

/** MSC4354: a sticky event is delivered again for at most an hour, perhaps with no age by which to tell that it is over. */
export const DONE_KEPT_MS = 3_600_000;
export const DONE_KEPT = 1_000;
/** Anybody may redact by the thousand, and each one that is kept is written to disk. */
export const UNHEARD_KEPT = 50;

/** Whether a notification, were it in time and somebody in the call, rings us (MSC4075 and the user's own word). */
export function mayRing(notification: CallNotification, standing: Standing, me: UserId): boolean {
  const { kind, sender, slot } = notification;
  if (kind !== "ring" || slot !== CALL_SLOT || sender === me) return false;
  if (!standing.joined || standing.ignored) return false;
  if (standing.ringing === "off" || (standing.ringing === "default" && !standing.direct)) return false;
  if (notification.users.includes(me)) return true;
  // Between two people everyone is the other one, whatever their power.
  return notification.everyone && (standing.mayMentionRoom || standing.direct);
}

/** Whether a ring that begins now is heard and seen. */
export function isShown(disturb: Disturb, begunLately: number): boolean {
  if (begunLately >= RINGS_LATELY) return false;
  return !disturb.quiet || (disturb.repeatPasses && begunLately > 0);
}

/**
 * Whether a ring that began unseen is seen with a further notification. One is never a repeat: clients say one and the same call
 * in more than one event.
 */
export const isRevealed = (disturb: Disturb, begunLately: number): boolean =>
  !disturb.quiet && begunLately <= RINGS_LATELY;

/** The ring as these notifications of it make it. There is at least one, unless it is the test. */
export function withNotifications(ring: Ring, notifications: readonly CallNotification[]): Ring {
  const newest = notifications.reduce<CallNotification | undefined>(
    (best, each) => (best && best.sentAt > each.sentAt ? best : each),
    undefined,
  );
  if (!newest) return ring;
  const latest = Math.max(...notifications.map(({ expiresAt }) => expiresAt));
  const expiresAt = Math.min(latest, ring.startedAt + LONGEST_RING_MS);
  return { ...ring, notifications, room: newest.room, intent: newest.intent, expiresAt };
}

export const ended = (ring: Ring, why: RingEnd): RingEffect => ({
  type: "ended",
  ring,
  why: ring.id === TEST_RING ? "tested" : why,
});

/** The one that goes first where there are too many: a ring does not get shorter by it. */
export const soonestOver = (notifications: readonly CallNotification[]): CallNotification | undefined =>
  notifications.toSorted((a, b) => a.expiresAt - b.expiresAt)[0];

/**
 * The same, read by a clock that may have been set back since: nothing that was to be over soon lasts for hours by it.
 */
export function byClock(state: Rings, now: number): Rings {
  const limit = now + LONGEST_RING_MS;
  const bounded = (notification: CallNotification): CallNotification =>
    notification.expiresAt > limit ? { ...notification, expiresAt: limit } : notification;
  return {
    ...state,
    ringing: revise(state.ringing, (ring) => {
      if (ring.startedAt <= now) return ring;
      const moved = { ...ring, startedAt: now, expiresAt: Math.min(ring.expiresAt, limit) };
      return withNotifications(moved, ring.notifications.map(bounded));
    }),
    waiting: revise(state.waiting, (each) => {
      const notification = bounded(each.notification);
      return notification === each.notification ? each : { ...each, notification };
    }),
    done: revise(state.done, (each) =>
      each.until > now + DONE_KEPT_MS ? { ...each, until: now + DONE_KEPT_MS } : each,
    ),
    lately: revise(state.lately, (each) => (each.at > now ? { ...each, at: now } : each)),
  };
}

/** Changes or (by null) removes items; the same list where nothing changed, so that nothing is written to disk for it. */
export function revise<T>(list: readonly T[], change: (item: T) => T | null): readonly T[] {
  const fresh = list.map(change);
  if (fresh.every((item, at) => item === list[at])) return list;
  return fresh.filter((item): item is NonNullable<typeof item> => item !== null);
}
