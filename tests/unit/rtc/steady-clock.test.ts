import { expect, test } from "vitest";

import { steady } from "../../../electron/rtc/steady-clock.ts";

function clockAt(times: readonly number[]) {
  const left = [...times];
  return steady({ now: () => left.shift() ?? NaN, after: () => () => undefined });
}

const read = (times: readonly number[]) => {
  const clock = clockAt(times);
  return times.map(() => clock.now());
};

test("it says what the machine's clock says while that goes forward, however fast", () => {
  expect(read([1_000, 2_000, 3_602_000, 3_603_000])).toEqual([1_000, 2_000, 3_602_000, 3_603_000]);
});

test("where that is put back it stands still for a moment and goes on from there", () => {
  expect(read([5_000, 1_000, 1_500, 2_500])).toEqual([5_000, 5_000, 5_500, 6_500]);
});

test("where that is put back and right again, the spans between stay what they were or grow", () => {
  expect(read([5_000, 1_000, 6_000, 7_000])).toEqual([5_000, 5_000, 10_000, 11_000]);
});
