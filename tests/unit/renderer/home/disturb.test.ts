import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { inOneHour, quietNow, tomorrowMorning } from "../../../../renderer/home/disturb.ts";
import { isQuiet } from "../../../../shared/call/quiet.ts";
import { defaultSettings, type DisturbSettings } from "../../../../shared/state/settings.ts";

/** Of November 2026, whose 4th is a Wednesday; by the clock on the wall. */
const at = (day: number, hours: number, minutes = 0) => new Date(2026, 10, day, hours, minutes).getTime();
const off = { ...defaultSettings.disturb, schedule: { ...defaultSettings.disturb.schedule, on: false } };
const hours = (from: number, to: number, days: DisturbSettings["schedule"]["days"]): DisturbSettings => ({
  ...off,
  schedule: { on: true, from: from * 60, to: to * 60, days },
});

describe("what the user asked for", () => {
  it.each([
    ["nothing", null, null],
    ["a time that is over", at(4, 11), null],
    ["a time to come", at(4, 13), { why: "asked", until: at(4, 13) }],
    ["until further notice", 0, { why: "asked", until: null }],
  ])("%s", (_what, until, quiet) => {
    expect(quietNow({ ...off, until }, at(4, 12))).toEqual(quiet);
  });
});

describe("the quiet hours", () => {
  const nights = hours(22, 7, [3]);
  it.each([
    ["before they begin", nights, at(4, 21, 59), null],
    ["in the evening", nights, at(4, 22), at(5, 7)],
    ["after midnight, of the day before", nights, at(5, 6, 59), at(5, 7)],
    ["once they are over", nights, at(5, 7), null],
    ["after midnight of a day that has none", nights, at(4, 6), null],
    ["within a day", hours(9, 12, [3]), at(4, 10), at(4, 12)],
    ["on another day", hours(9, 12, [4]), at(4, 10), null],
    ["on no day", hours(22, 7, []), at(4, 23), null],
  ])("%s", (_when, disturb, now, until) => {
    expect(quietNow(disturb, now)).toEqual(until && { why: "schedule", until });
  });

  it("do not hold while they are off", () => {
    const disturb = { ...nights, schedule: { ...nights.schedule, on: false } };
    expect(quietNow(disturb, at(4, 23))).toBeNull();
  });

  it("once over, they are over: at their end nothing of them holds", () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, fc.integer({ min: 0, max: 6 }), minute, (from, to, weekday, now) => {
        fc.pre(from !== to);
        const days = [0, 1, 2, 3, 4, 5, 6].filter(
          (day) => day === weekday,
        ) as DisturbSettings["schedule"]["days"];
        const disturb = { ...off, schedule: { on: true, from, to, days } };
        const quiet = quietNow(disturb, at(4, 0, now));
        if (quiet?.until) expect(quietNow(disturb, quiet.until)).toBeNull();
      }),
    );
  });
});

it("the window says quiet exactly when main keeps quiet", () => {
  const minute = fc.integer({ min: 0, max: 1439 });
  const weekday = fc.constantFrom(0, 1, 2, 3, 4, 5, 6);
  const schedule = fc.record({ on: fc.boolean(), from: minute, to: minute, days: fc.array(weekday) });
  const until = fc.option(fc.constantFrom(0, at(4, 12), at(6, 0)));
  fc.assert(
    fc.property(schedule, until, fc.integer({ min: 1, max: 8 }), minute, (planned, asked, day, minutes) => {
      const disturb = { ...off, schedule: planned, until: asked };
      const local = { at: at(day, 0, minutes), weekday: new Date(at(day, 0)).getDay(), minutes };
      expect(quietNow(disturb, local.at) !== null).toBe(isQuiet(disturb, false, local));
    }),
  );
});

it("an hour is an hour", () => {
  expect(inOneHour(at(4, 12))).toBe(at(4, 13));
});

it.each([
  ["by day", at(4, 12), at(5, 8)],
  ["late", at(4, 23, 59), at(5, 8)],
  ["in the small hours", at(5, 1), at(5, 8)],
  ["early", at(5, 6), at(6, 8)],
])("tomorrow morning, asked %s", (_when, now, morning) => {
  expect(tomorrowMorning(now)).toBe(morning);
});
