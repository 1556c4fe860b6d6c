import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isQuiet, type LocalTime } from "../../../shared/call/quiet.ts";
import type { DisturbSettings } from "../../../shared/state/settings.ts";

const NOW = 1_800_000_000_000;
const SUNDAY = 0;
const MONDAY = 1;
const TUESDAY = 2;
const SATURDAY = 6;
const time = (hours: number, minutes = 0) => hours * 60 + minutes;

const none: DisturbSettings = {
  until: null,
  schedule: { on: false, from: time(22), to: time(7), days: [0, 1, 2, 3, 4, 5, 6] },
  system: true,
  repeat: true,
};
const on = (weekday: number, minutes: number): LocalTime => ({ at: NOW, weekday, minutes });

test.each<[string, Partial<DisturbSettings>, boolean, boolean]>([
  ["nothing asks for quiet", {}, false, false],
  ["quiet until a time to come", { until: NOW + 1 }, false, true],
  ["quiet until a time that has come", { until: NOW }, false, false],
  ["quiet until the user says otherwise", { until: 0 }, false, true],
  ["the system's do-not-disturb", {}, true, true],
  ["the system's, which the user does not want to count", { system: false }, true, false],
])("%s", (_, over, system, quiet) => {
  expect(isQuiet({ ...none, ...over }, system, on(MONDAY, time(12)))).toBe(quiet);
});

describe("the schedule", () => {
  type Schedule = DisturbSettings["schedule"];
  const day: Schedule = { on: true, from: time(9), to: time(17), days: [1] };
  const night: Schedule = { on: true, from: time(22), to: time(7), days: [1] };
  const whole: Schedule = { on: true, from: time(6), to: time(6), days: [1] };

  test.each<[string, Schedule, LocalTime, boolean]>([
    ["is off", { ...day, on: false }, on(MONDAY, time(12)), false],
    ["has no days", { ...day, days: [] }, on(MONDAY, time(12)), false],
    ["begins", day, on(MONDAY, time(9)), true],
    ["has not begun", day, on(MONDAY, time(8, 59)), false],
    ["lasts", day, on(MONDAY, time(16, 59)), true],
    ["ends", day, on(MONDAY, time(17)), false],
    ["is of another day", day, on(TUESDAY, time(12)), false],
    ["begins in the evening of its day", night, on(MONDAY, time(22)), true],
    ["goes on after midnight", night, on(TUESDAY, time(6, 59)), true],
    ["ends in the morning after", night, on(TUESDAY, time(7)), false],
    ["is not of the morning of its day", night, on(MONDAY, time(6)), false],
    ["is not of the next evening", night, on(TUESDAY, time(23)), false],
    ["goes from Saturday into Sunday", { ...night, days: [SATURDAY] }, on(SUNDAY, time(3)), true],
    ["lasts a whole day where it ends when it begins", whole, on(MONDAY, time(23)), true],
    ["which goes on after midnight", whole, on(TUESDAY, time(5, 59)), true],
    ["and is over a day after it began", whole, on(TUESDAY, time(6)), false],
    ["and not before it began", whole, on(MONDAY, time(5, 59)), false],
  ])("%s", (_, schedule, local, quiet) => {
    expect(isQuiet({ ...none, schedule }, false, local)).toBe(quiet);
  });
});

const minutes = fc.integer({ min: 0, max: 1439 });
const days = fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 4, 5, 6));

test("a schedule is quiet for as long as its spans are, and from each begin to its end", () => {
  fc.assert(
    fc.property(minutes, minutes, days, (from, to, chosen) => {
      const schedule = { on: true, from, to, days: chosen };
      // A week of minutes, painted span by span.
      const week = Array.from({ length: 7 * 1440 }, () => false);
      const length = to > from ? to - from : to + 1440 - from;
      for (const day of chosen) {
        for (let at = 0; at < length; at += 1) week[(day * 1440 + from + at) % week.length] = true;
      }
      const edges = [from - 1, from, from + 1, to - 1, to, to + 1, 0, 1439].map(
        (each) => (each + 1440) % 1440,
      );
      for (let weekday = 0; weekday < 7; weekday += 1) {
        for (const each of edges) {
          expect(isQuiet({ ...none, schedule }, false, on(weekday, each))).toBe(week[weekday * 1440 + each]);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("any one reason is enough", () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 0, max: 2 * NOW })),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (until, system, systemQuiet, scheduled) => {
        const schedule = { ...none.schedule, on: scheduled, from: 0, to: 0 };
        const quiet = isQuiet({ ...none, until, system, schedule }, systemQuiet, on(MONDAY, 1));
        const asked = until !== null && (until === 0 || until > NOW);
        expect(quiet).toBe(asked || (system && systemQuiet) || scheduled);
      },
    ),
    { numRuns: 500 },
  );
});
