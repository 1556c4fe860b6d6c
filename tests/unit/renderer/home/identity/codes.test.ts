import * as fc from "fast-check";
import { expect, test } from "vitest";

import { lettersOf } from "../../../../../renderer/home/identity/bytes.ts";
import { qrPath } from "../../../../../renderer/home/identity/qr-path.ts";
import { isVerification, readCode } from "../../../../../renderer/home/identity/scanner.ts";

const base64 = (bytes: Uint8Array) => btoa(lettersOf(bytes));

/** A camera's picture of a code, as its path draws it. */
function photo(data: string, scale = 4, quiet = 4) {
  const { size, path } = qrPath(data);
  const side = (size + 2 * quiet) * scale;
  const pixels = new Uint8Array(side * side * 4).fill(255);
  for (const [, x = "", y = "", width = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = (Number(y) + quiet) * scale; row < (Number(y) + quiet + 1) * scale; row += 1) {
      const from = row * side + (Number(x) + quiet) * scale;
      for (let at = from; at < from + Number(width) * scale; at += 1) pixels.fill(0, at * 4, at * 4 + 3);
    }
  }
  return { width: side, height: side, data: pixels };
}

/** `MATRIX`, version 2, mode 1, an event's id, two keys and a secret (Matrix specification, QR code format). */
const verification = (random: Uint8Array) =>
  new Uint8Array(
    [...new TextEncoder().encode("MATRIX"), 2, 1, 0, 9, ..."$event:hs".slice(0, 9)]
      .map((part) => (typeof part === "string" ? part.charCodeAt(0) : part))
      .concat(...random),
  );

test("a code that we show is read with every byte as it was, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 72, maxLength: 100 }), (random) => {
      const data = base64(verification(random));
      expect(readCode(photo(data))).toBe(data);
    }),
    { numRuns: 20 },
  );
});

test("a picture without a code says nothing", () => {
  expect(readCode({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 4).fill(200) })).toBe(null);
});

test("only what begins as verification codes do is one", () => {
  expect(isVerification(base64(verification(new Uint8Array(72))))).toBe(true);
  expect(isVerification(btoa("https://matrix.to/#/@bob:hs"))).toBe(false);
});
