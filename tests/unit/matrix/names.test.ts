import * as fc from "fast-check";
import { expect, test } from "vitest";

import { shownName } from "../../../shared/matrix/names.ts";

test.each<[string, unknown, string]>([
  ["a name", "Alice", "Alice"],
  ["a name of another script", "مريم", "مريم"],
  ["a family", "👨‍👩‍👧", "👨‍👩‍👧"],
  ["what looks like HTML", "<b>Alice</b>", "<b>Alice</b>"],
  ["a turned direction", "Alice \u202Egnp.exe", "Alice gnp.exe"],
  ["isolates", "\u2067Alice\u2069", "Alice"],
  ["several lines", "Alice\r\n\u2028 and\tBob\0", "Alice and Bob"],
  ["half a character", "Alice\uD83D", "Alice\uFFFD"],
  ["nothing that shows", " \u202E\n", ""],
  ["no name", 5, ""],
  ["none at all", undefined, ""],
  ["a novel", "a".repeat(10_000), `${"a".repeat(199)}…`],
])("%s", (_what, written, shown) => {
  expect(shownName(written)).toBe(shown);
});

test("whatever was written, it is one short line, and shown as such again", () => {
  const text = fc.string({ unit: "binary", maxLength: 1_000 });
  fc.assert(
    fc.property(text, (written) => {
      const shown = shownName(written);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u);
      expect([...shown].length).toBeLessThanOrEqual(200);
      expect(shownName(shown)).toBe(shown);
    }),
  );
});
