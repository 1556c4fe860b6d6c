import * as fc from "fast-check";
import { expect, it } from "vitest";

import { AVATAR_COLOURS, colourOf, initial } from "../../../../renderer/common/likeness.ts";

/** Any UTF-16 unit, broken pairs too. */
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));

it.each([
  ["alice", "A"],
  ["  bob", "B"],
  ["@carol:example.org", "C"],
  ["éric", "É"],
  ["👩‍🚀 Dana", "D"],
  ["𝒜da", "𝒜"],
  ["42", "4"],
  ["<script>", "S"],
  ["", "?"],
  ["🎻", "?"],
])("the initial of %j is %j", (name, letter) => {
  expect(initial(name)).toBe(letter);
});

it("a user ID has the same colour each time, one of those that there are", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyUnit }), (id) => {
      const colour = colourOf(id);
      expect(colourOf(id)).toBe(colour);
      expect(Number.isInteger(colour) && colour >= 0 && colour < AVATAR_COLOURS).toBe(true);
    }),
  );
});

it("colours are shared out over many user IDs", () => {
  const counts = new Map<number, number>();
  for (let index = 0; index < 800; index += 1) {
    const colour = colourOf(`@user${index}:example.org`);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  expect(counts.size).toBe(AVATAR_COLOURS);
  expect(Math.min(...counts.values())).toBeGreaterThan(50);
});
