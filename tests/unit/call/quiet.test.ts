import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  isQuiet,
  nextQuietChangeAt,
  quietBy,
  toggleQuiet,
  type LocalTime,
} from "../../../shared/call/quiet.ts";
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

const hours: DisturbSettings["schedule"] = { on: true, from: time(9), to: time(17), days: [1] };
const noon = on(MONDAY, time(12));

test.each<[string, Partial<DisturbSettings>, "asked" | "schedule" | null, number | null]>([
  ["it is not quiet", {}, null, 0],
  ["it is quiet until the user says otherwise", { until: 0 }, "asked", null],
  ["it is quiet for an hour", { until: NOW + 1 }, "asked", null],
  ["the hour is over", { until: NOW }, null, 0],
  ["quiet hours are on", { schedule: hours }, "schedule", null],
  ["quiet hours are on after an hour of quiet", { until: NOW, schedule: hours }, "schedule", NOW],
  ["quiet was asked for in quiet hours", { until: 0, schedule: hours }, "asked", null],
])("the one switch, while %s", (_, over, why, until) => {
  const disturb = { ...none, ...over };
  expect(quietBy(disturb, noon)?.why ?? null).toBe(why);
  expect(toggleQuiet(disturb, noon)).toEqual({ ...disturb, until });
});

test("quiet hours say when they end", () => {
  expect(quietBy({ ...none, schedule: hours }, noon)).toEqual({ why: "schedule", to: time(17) });
});

test("the switch turns what it can: quiet that was asked for off, and no quiet on", () => {
  fc.assert(
    fc.property(fc.option(fc.nat({ max: 2 * NOW })), fc.boolean(), (until, scheduled) => {
      const disturb = { ...none, until, schedule: { ...hours, on: scheduled } };
      const [before, after] = [quietBy(disturb, noon), quietBy(toggleQuiet(disturb, noon), noon)];
      if (before?.why === "asked") expect(after?.why).not.toBe("asked");
      else if (before) expect(after).toEqual(before);
      else expect(after).toEqual({ why: "asked" });
    }),
  );
});

/** The same wall, so much later. */
const later = ({ at, weekday, minutes }: LocalTime, ms: number): LocalTime => {
  const whole = minutes + Math.floor(((at % 60_000) + ms) / 60_000);
  return { at: at + ms, weekday: (weekday + Math.floor(whole / 1440)) % 7, minutes: whole % 1440 };
};

const said = (disturb: DisturbSettings, local: LocalTime): string => {
  const quiet = quietBy(disturb, local);
  return quiet?.why === "schedule" ? `until ${quiet.to}` : String(quiet?.why);
};

test("quiet does not change before the time that is told, and never where none is", () => {
  const moment = fc.record({ weekday: fc.nat({ max: 6 }), minutes, ms: fc.nat({ max: 59_999 }) });
  const until = fc.option(fc.oneof(fc.constant(0), fc.integer({ min: -2, max: 3 * 1440 })));
  const span = fc.record({ on: fc.boolean(), from: minutes, to: minutes, days });
  let changes = 0;
  fc.assert(
    fc.property(moment, until, span, ({ weekday, minutes: now, ms }, inMinutes, schedule) => {
      // 1,800,000,000 s is a whole minute.
      const start: LocalTime = { at: NOW + ms, weekday, minutes: now };
      const disturb = { ...none, until: inMinutes && NOW + inMinutes * 60_000 + 1, schedule };
      const at = nextQuietChangeAt(disturb, start);
      const lasts = (at ?? start.at + 9 * 86_400_000) - start.at;
      expect(lasts).toBeGreaterThan(0);
      const isNow = said(disturb, start);
      const heard = new Set([said(disturb, later(start, lasts - 1))]);
      for (let past = 60_000 - ms; past < lasts; past += 60_000) heard.add(said(disturb, later(start, past)));
      expect([...heard]).toEqual([isNow]);
      if (at !== null && said(disturb, later(start, lasts)) !== isNow) changes++;
    }),
    { numRuns: 300 },
  );
  expect(changes).toBeGreaterThan(0);
});
