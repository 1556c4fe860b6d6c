import { anything, assert, property } from "fast-check";
import { expect, test } from "vitest";

import { decode, encode } from "./codec.ts";

test("any value that can be cloned comes back as it was", () => {
  const cloneable = anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: false,
    withNullPrototype: false,
  });
  assert(
    property(cloneable, (value) => {
      expect(decode(encode(value))).toEqual(value);
    }),
  );
});

test("a date that is none stays none", () => {
  expect(decode(encode(new Date(NaN)))).toEqual(new Date(NaN));
});

test("values that hold themselves come back so", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  const back = decode(encode(loop));
  expect(Reflect.get(Object(back), "self")).toBe(back);
});

test("functions and symbols are refused with Electron's words", () => {
  for (const value of [() => 1, Symbol("s"), [{ deep: () => 1 }]]) {
    expect(() => encode(value)).toThrow("An object could not be cloned.");
  }
});
