import { LONGEST_RING_MS, RING_MS } from "../rtc/notification.ts";

/** MSC4075: beyond this the sender's clock is not believed, and the server's counts. */
export const SENDER_SKEW_MS = 20_000;

/** What a notification and its delivery say of time; epoch ms or spans of ms. */
export interface NotificationTimes {
  /** `sender_ts`: the sender's clock. */
  readonly senderAt: number | null;
  /** `origin_server_ts`: the clock of the sender's server. */
  readonly sentAt: number;
  readonly lifetimeMs: number | null;
  /** `unsigned.age`: by our own server's clock, at delivery. */
  readonly ageMs: number | null;
  /** Our own clock, at delivery. */
  readonly receivedAt: number;
}

/**
 * Epoch ms of our own clock at which a notification stops ringing (MSC4075). Our clock may be wrong by hours and it does not matter:
 * it only counts on from delivery, and how long ago the event was sent, the server says.
 */
export function expiryOf({ senderAt, sentAt, lifetimeMs, ageMs, receivedAt }: NotificationTimes): number {
  const lead = senderAt === null ? 0 : senderAt - sentAt;
  const base = Math.abs(lead) <= SENDER_SKEW_MS ? lead : 0;
  const lifetime = isNumber(lifetimeMs) ? Math.min(Math.max(lifetimeMs, 0), LONGEST_RING_MS) : RING_MS;
  const sent = receivedAt - ageOf(ageMs, sentAt, receivedAt);
  return Math.min(sent + base + lifetime, receivedAt + LONGEST_RING_MS);
}

/**
 * Choice: without an age, the difference of the clocks is the age, unless it is negative. Why: what is old is mostly old (the app
 * starts, and a week's events come), clocks are mostly right, and a call of last week must not ring. Cost: on a server that
 * gives no age, a clock of ours that is fast by more than the lifetime makes rings into missed calls. A slow one costs nothing.
 */
const ageOf = (ageMs: number | null, sentAt: number, receivedAt: number): number =>
  Math.max(isNumber(ageMs) ? ageMs : receivedAt - sentAt, 0);

const isNumber = (value: number | null): value is number => value !== null && Number.isFinite(value);
