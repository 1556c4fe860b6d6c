import fc from "fast-check";
import { expect, test } from "vitest";

import { expiryOf, SENDER_SKEW_MS, type NotificationTimes } from "../../../shared/call/lifetime.ts";
import { LONGEST_RING_MS, RING_MS } from "../../../shared/rtc/notification.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

/** Sent a second ago, all clocks right. */
const times = (over: Partial<NotificationTimes>): NotificationTimes => ({
  senderAt: NOW - 1_000,
  sentAt: NOW - 1_000,
  lifetimeMs: 90_000,
  ageMs: 1_000,
  receivedAt: NOW,
  ...over,
});

test.each<[string, Partial<NotificationTimes>, number]>([
  ["a ring lasts its lifetime from when it was sent", {}, 89_000],
  ["a short lifetime counts", { lifetimeMs: 30_000 }, 29_000],
  ["none means 90 s", { lifetimeMs: null }, RING_MS - 1_000],
  ["one that is no number means 90 s", { lifetimeMs: NaN }, RING_MS - 1_000],
  ["no lifetime is longer than two minutes", { lifetimeMs: 10 * HOUR }, LONGEST_RING_MS - 1_000],
  ["a lifetime below nothing is none", { lifetimeMs: -HOUR }, -1_000],
  ["without the sender's time the server's counts", { senderAt: null }, 89_000],
  ["a sender who was 20 s before the server is believed", { senderAt: NOW - 21_000 }, 69_000],
  ["one who was longer before it is not", { senderAt: NOW - 21_001 }, 89_000],
  ["a sender's slow clock does not kill a ring", { senderAt: NOW - 5 * HOUR }, 89_000],
  ["a sender 20 s ahead of the server is believed", { senderAt: NOW + 19_000 }, 109_000],
  ["a sender's fast clock does not lengthen a ring", { senderAt: NOW + 5 * HOUR }, 89_000],
  [
    "nothing rings for more than two minutes after it was heard",
    { senderAt: NOW + 19_000, lifetimeMs: 120_000 },
    LONGEST_RING_MS,
  ],
  ["a sender's time that is no number is not believed", { senderAt: NaN }, 89_000],
  ["what was sent long ago is over", { ageMs: HOUR }, 90_000 - HOUR],
  ["our own fast clock does not kill a ring", { sentAt: NOW - 3 * HOUR, senderAt: null }, 89_000],
  ["our own slow clock does not lengthen a ring", { sentAt: NOW + 3 * HOUR, senderAt: null }, 89_000],
  ["an age below nothing is none: servers' clocks differ too", { ageMs: -HOUR }, 90_000],
  ["without an age the clocks tell it", { ageMs: null, sentAt: NOW - 40_000, senderAt: null }, 50_000],
  ["without an age an old event is over", { ageMs: null, sentAt: NOW - HOUR, senderAt: null }, 90_000 - HOUR],
  [
    "without an age our own slow clock neither kills nor lengthens",
    { ageMs: null, sentAt: NOW + 3 * HOUR, senderAt: null },
    90_000,
  ],
])("%s", (_, over, left) => {
  expect(expiryOf(times(over)) - NOW).toBe(left);
});

const skew = fc.integer({ min: -1_000 * HOUR, max: 1_000 * HOUR });
const lifetime = fc.integer({ min: 1, max: 1_000_000 });
const age = fc.integer({ min: 0, max: 100_000 });

test("whatever the clocks of sender and receiver, a ring lasts its lifetime and no longer", () => {
  fc.assert(
    fc.property(skew, skew, lifetime, age, (sender, own, lifetimeMs, ageMs) => {
      const sentAt = NOW;
      const receivedAt = NOW + ageMs + own;
      const left =
        expiryOf({ senderAt: sentAt + sender, sentAt, lifetimeMs, ageMs, receivedAt }) - receivedAt;
      const fair = Math.min(lifetimeMs, LONGEST_RING_MS) - ageMs;
      expect(left).toBeLessThanOrEqual(Math.min(LONGEST_RING_MS, fair + SENDER_SKEW_MS));
      expect(left).toBeGreaterThanOrEqual(fair - SENDER_SKEW_MS);
    }),
    { numRuns: 1_000 },
  );
});

test("our own clock changes nothing", () => {
  fc.assert(
    fc.property(skew, skew, lifetime, age, (sender, own, lifetimeMs, ageMs) => {
      const left = (receivedAt: number) =>
        expiryOf({ senderAt: NOW + sender, sentAt: NOW, lifetimeMs, ageMs, receivedAt }) - receivedAt;
      expect(left(NOW + ageMs + own)).toBe(left(NOW + ageMs));
    }),
    { numRuns: 1_000 },
  );
});

test("without an age nothing lasts longer than two minutes, and our slow clock kills nothing", () => {
  fc.assert(
    fc.property(skew, skew, lifetime, (sender, own, lifetimeMs) => {
      const receivedAt = NOW + own;
      const left =
        expiryOf({ senderAt: NOW + sender, sentAt: NOW, lifetimeMs, ageMs: null, receivedAt }) - receivedAt;
      expect(left).toBeLessThanOrEqual(LONGEST_RING_MS);
      if (own <= 0) {
        expect(left).toBeGreaterThanOrEqual(Math.min(lifetimeMs, LONGEST_RING_MS) - SENDER_SKEW_MS);
      }
    }),
    { numRuns: 1_000 },
  );
});
