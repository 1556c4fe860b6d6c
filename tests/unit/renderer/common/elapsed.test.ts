import { expect, it } from "vitest";

import { elapsed } from "../../../../renderer/common/elapsed.ts";

it.each([
  [0, "0:00"],
  [999, "0:00"],
  [5_000, "0:05"],
  [754_900, "12:34"],
  [3_600_000, "1:00:00"],
  [3_725_000, "1:02:05"],
  [360_000_000, "100:00:00"],
  [-5_000, "0:00"],
])("%i ms is shown as %s", (span, text) => {
  expect(elapsed(span)).toBe(text);
});
