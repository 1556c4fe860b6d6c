import * as fc from "fast-check";
import { indexedDB } from "fake-indexeddb";
import { expect, test } from "vitest";

import { type Key, keyBytes, past, readKey } from "../../../../electron/matrix/store/key-bytes.ts";

const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
const scalar: fc.Arbitrary<Key> = fc.oneof(
  fc.double({ noNaN: true }).map((number) => number + 0),
  fc.integer({ min: -300, max: 300 }),
  fc.date({ noInvalidDate: true }),
  fc
    .array(fc.oneof(unit, fc.constantFrom("\0", "~", "\x7f", "\u407e", "\u407f", "\uffff")), { maxLength: 6 })
    .map((units) => units.join("")),
  fc.string(),
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => bytes.slice().buffer),
);
const key: fc.Arbitrary<Key> = fc.letrec<{ key: Key }>((tie) => ({
  key: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie("key"), { maxLength: 3 })),
})).key;

test("keys compare as their bytes do, and equal bytes mean equal keys", () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(Buffer.compare(keyBytes(a), keyBytes(b)))).toBe(indexedDB.cmp(a, b));
    }),
    { numRuns: 20_000 },
  );
});

test("two keys in a row compare by the first, then by the second", () => {
  fc.assert(
    fc.property(key, key, key, key, (a1, a2, b1, b2) => {
      const expected = indexedDB.cmp(a1, b1) || indexedDB.cmp(a2, b2);
      expect(Math.sign(Buffer.compare(keyBytes(a1, a2), keyBytes(b1, b2)))).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
});

test("a key is read back from its bytes, wherever they lie", () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const bytes = keyBytes(a, b);
      const first = readKey(bytes);
      const second = readKey(bytes, first.end);
      expect(indexedDB.cmp(first.key, a)).toBe(0);
      expect(indexedDB.cmp(second.key, b)).toBe(0);
      expect(second.end).toBe(bytes.length);
    }),
    { numRuns: 5_000 },
  );
});

test("what is past a key is after all that begins with it and before the next key", () => {
  fc.assert(
    fc.property(key, key, key, (a, b, next) => {
      fc.pre(indexedDB.cmp(a, next) < 0);
      expect(Buffer.compare(past(keyBytes(a)), keyBytes(a, b))).toBe(1);
      expect(Buffer.compare(past(keyBytes(a)), keyBytes(next))).toBe(-1);
    }),
    { numRuns: 5_000 },
  );
});

test("minus nought and nought are one key", () => {
  expect(keyBytes(-0)).toEqual(keyBytes(0));
});

test("a key in ASCII takes one byte a letter", () => {
  expect(keyBytes("!room:example.org")).toHaveLength("!room:example.org".length + 2);
});
