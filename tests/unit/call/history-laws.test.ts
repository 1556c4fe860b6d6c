import * as fc from "fast-check";
import { expect, test } from "vitest";

import { callsOf, readCalls, type CallFact } from "../../../shared/call/history.ts";
import type { UserId } from "../../../shared/matrix/ids.ts";
import {
  ALICE,
  BOB,
  decline,
  HOURS_4,
  join,
  leave,
  me,
  ME,
  putOff,
  ring,
  s,
  withdrawn,
} from "./history-world.ts";

/** Few, so that much coincides, is the same event told otherwise, or follows within seconds. */
const aTime = fc.constantFrom(0, 1, 2, 3, 8, 12, 13, 60, 61, 90, 91, 93, 200, 240);
const aFact = fc
  .record({
    kind: fc.constantFrom("join", "leave", "ring", "decline", "withdrawn", "redacted", "put-off"),
    at: aTime,
    who: fc.constantFrom<UserId>(ME, ALICE, BOB),
    device: fc.constantFrom("HERE", "PHONE"),
    ringer: fc.constantFrom<UserId>(ME, ALICE, BOB),
    ringAt: aTime,
    lastsMs: fc.constantFrom(-5000, 0, 20_000, 90_000, 14_400_000),
    rangUs: fc.boolean(),
    announced: fc.boolean(),
    busy: fc.boolean(),
  })
  .map(({ kind, at, who, device, ringer, ringAt, lastsMs, rangUs, announced, busy }): CallFact => {
    const joined = join(at, who, device);
    if (kind === "join" && joined.joined)
      return { ...joined, joined: { ...joined.joined, expiresAt: s(at) + lastsMs } };
    if (kind === "leave") return leave(at, who, device);
    if (kind === "redacted") return { ...leave(at, who, device), id: `$join-${who}-${device}-${at}` };
    if (kind === "decline") return decline(at, who, `$ring-${ringer}-${ringAt}`, busy ? "busy" : null);
    if (kind === "withdrawn") return withdrawn(`$ring-${ringer}-${ringAt}`);
    if (kind === "put-off") return putOff(at, `$ring-${ringer}-${ringAt}`);
    const rung = ring(at, ringer, {
      rangUs: rangUs && ringer !== ME,
      kind: announced ? "announcement" : "ring",
      ...(busy ? { member: `$join-${ringer}-${device}-${ringAt}` as const } : {}),
    });
    return { ...rung, notification: { ...rung.notification, expiresAt: s(at) + lastsMs } };
  });
const someFacts = fc.array(aFact, { maxLength: 25, size: "max" });
const someTime = fc.integer({ min: -10, max: 2 * HOURS_4 }).map(s);

test("any order and any repetition of the facts tells the same", () => {
  const shuffled = someFacts.chain((facts) =>
    fc.tuple(
      fc.constant(facts),
      fc.shuffledSubarray([...facts, ...facts, ...facts], { minLength: 3 * facts.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, someTime, ([facts, again], now) => {
      expect(callsOf(again, me, now)).toEqual(callsOf(facts, me, now));
    }),
    { numRuns: 1000 },
  );
});

test("no call ends before it starts, and nobody talks longer than it lasts", () => {
  fc.assert(
    fc.property(someFacts, someTime, (facts, now) => {
      for (const { startedAt, endedAt, talkedMs } of callsOf(facts, me, now)) {
        const end = endedAt ?? Math.max(now, s(240));
        expect(end).toBeGreaterThanOrEqual(startedAt);
        expect(talkedMs ?? 0).toBeLessThanOrEqual(end - startedAt);
        expect(talkedMs).not.toBe(0);
      }
    }),
    { numRuns: 500 },
  );
});

/** The person's own words about every ring that rang us: none, or that they answered or declined. */
const aRing = fc.record({
  member: fc.boolean(),
  declined: fc.boolean(),
  joined: fc.option(fc.constantFrom("HERE", "PHONE")),
  rangUs: fc.boolean(),
  lastsS: fc.integer({ min: 1, max: 300 }),
});

test("there is a missed call for each that rang us and that nothing of ours answered or declined, and for no other", () => {
  fc.assert(
    fc.property(fc.array(aRing, { maxLength: 8 }), (rings) => {
      const facts = rings.flatMap(({ member, declined, joined, rangUs, lastsS }, nth) => {
        const at = nth * 1000;
        return [
          ring(at + 1, ALICE, { rangUs }),
          ...(member ? [join(at, ALICE), leave(at + lastsS, ALICE)] : []),
          ...(declined ? [decline(at + 2, ME, `$ring-${ALICE}-${at + 1}`)] : []),
          ...(joined ? [join(at + 3, ME, joined), leave(at + 4, ME, joined)] : []),
        ];
      });
      const missed = callsOf(facts, me, s(1_000_000)).filter(({ outcome }) => outcome === "missed");
      const due = rings.flatMap((call, nth) =>
        call.rangUs && !call.declined && call.joined === null ? [s(nth * 1000 + (call.member ? 0 : 1))] : [],
      );
      expect(missed.map(({ startedAt }) => startedAt)).toEqual(due);
    }),
    { numRuns: 500 },
  );
});

test("in whatever is heard, a missed call has a ring of its time that was for us, and nothing of ours in it", () => {
  fc.assert(
    fc.property(someFacts, someTime, (facts, now) => {
      for (const call of callsOf(facts, me, now)) {
        if (call.outcome !== "missed") continue;
        expect(call.people).not.toContain(ME);
        expect(call.direction).toBe("incoming");
        expect(facts.some((fact) => fact.type === "notified" && fact.rangUs === true)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test("between the moments that it names, time changes nothing", () => {
  fc.assert(
    fc.property(someFacts, someTime, fc.nat(2 * HOURS_4 * 1000), (facts, now, laterMs) => {
      const { calls, changesAt } = readCalls(facts, me, now);
      const until = Math.min(now + laterMs, (changesAt ?? Infinity) - 1);
      const outcomes = (of: typeof calls) => of.map(({ id, outcome, endedAt }) => [id, outcome, endedAt]);
      expect(outcomes(callsOf(facts, me, until))).toEqual(outcomes(calls));
    }),
    { numRuns: 500 },
  );
});
