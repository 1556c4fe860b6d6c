import * as fc from "fast-check";
import { expect, it } from "vitest";

import {
  dayOf,
  fromField,
  lasting,
  timeOfDay,
  toField,
  untilWhen,
  weekdays,
} from "../../../../renderer/home/times.ts";

const now = new Date(2026, 10, 4, 12).getTime();
const at = (year: number, month: number, day: number, hours = 12) =>
  new Date(year, month - 1, day, hours).getTime();

it.each([
  [at(2026, 11, 4, 0), "Today"],
  [at(2026, 11, 3, 23), "Yesterday"],
  [at(2026, 11, 3, 0), "Yesterday"],
  [at(2026, 11, 2), "Monday, November 2"],
  [at(2025, 12, 31), "Wednesday, December 31, 2025"],
])("the day of %d is %s", (time, day) => {
  expect(dayOf(time, now)).toBe(day);
});

it("an end on another day is said with the day", () => {
  expect(untilWhen(at(2026, 11, 4, 18), now)).toBe(timeOfDay(at(2026, 11, 4, 18)));
  expect(untilWhen(at(2026, 11, 5, 8), now)).toBe(`Thursday, ${timeOfDay(at(2026, 11, 5, 8))}`);
});

it.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [59_600, "1 min"],
  [725_000, "12 min"],
  [3_599_000, "1 h 0 min"],
  [3_725_000, "1 h 2 min"],
])("%d ms are %s", (span, text) => {
  expect(lasting(span)).toBe(text);
});

it("every minute of the day comes back from a time field as it went in", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1439 }), (minutes) => {
      expect(fromField(toField(minutes))).toBe(minutes);
    }),
  );
});

it.each(["", "12", "12:", "--:--"])("a time field that holds %j has no time", (text) => {
  expect(fromField(text)).toBeNull();
});

it("the week has its seven days, Sunday first", () => {
  expect(weekdays.map(({ short }) => short)).toEqual(["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]);
});
