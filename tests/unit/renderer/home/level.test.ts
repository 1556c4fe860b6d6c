import { expect, it } from "vitest";

import { levelOf } from "../../../../renderer/home/level.ts";

const sine = (amplitude: number) =>
  Float32Array.from({ length: 1024 }, (_, index) => amplitude * Math.sin(index / 5));

it("silence has level 0, also where there are no samples", () => {
  expect(levelOf(new Float32Array(1024))).toBe(0);
  expect(levelOf(new Float32Array(0))).toBe(0);
});

it("full scale has level 1", () => {
  expect(levelOf(new Float32Array(1024).fill(1))).toBe(1);
});

it("half as loud as full scale by ear is the middle of the meter", () => {
  expect(levelOf(sine(Math.SQRT2 * 10 ** (-30 / 20)))).toBeCloseTo(0.5, 2);
});
