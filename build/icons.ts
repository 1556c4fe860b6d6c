// Draws the app's icons from icons/icon.svg into build/icons/: `node build/icons.ts`. What it draws is committed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { draw, type View } from "./draw.ts";
import { mark } from "./svg.ts";

const WHOLE: View = { x: 0, y: 0, size: 48 };
/** macOS leaves a margin of a tenth around the tile. */
const WITH_MARGIN: View = { x: -6, y: -6, size: 60 };
const LINUX = [16, 24, 32, 48, 64, 128, 256, 512] as const;
const WINDOWS = [16, 24, 32, 48, 64, 128, 256] as const;
/** Types of entries of an icns that hold a PNG, with its pixels. */
const MACOS = {
  icp4: 16,
  icp5: 32,
  ic11: 32,
  ic12: 64,
  ic07: 128,
  ic13: 256,
  ic08: 256,
  ic14: 512,
  ic09: 512,
  ic10: 1024,
};

/** Each file of build/icons/ that is drawn, by its name. */
export function icons(): Map<string, Buffer> {
  const layers = Object.values(mark());
  const drawn = new Map<string, Buffer>();
  const picture = (view: View, pixels: number): Buffer => {
    const key = `${view.size}:${pixels}`;
    const png = drawn.get(key) ?? draw(layers, view, pixels);
    drawn.set(key, png);
    return png;
  };
  return new Map([
    ...LINUX.map((size) => [`${size}x${size}.png`, picture(WHOLE, size)] as const),
    ["icon.ico", ico(WINDOWS.map((size) => [size, picture(WHOLE, size)]))],
    ["icon.icns", icns(Object.entries(MACOS).map(([type, size]) => [type, picture(WITH_MARGIN, size)]))],
  ]);
}

/** Windows' container: a table of 16 bytes for each picture, then the pictures. */
function ico(pictures: readonly (readonly [size: number, png: Buffer])[]): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let at = head.length;
  for (const [index, [size, png]] of pictures.entries()) {
    const entry = 6 + 16 * index;
    // One byte each: 256 is 0. Then one plane of 32 bits.
    head.set([size & 255, size & 255, 0, 0, 1, 0, 32, 0], entry);
    head.writeUInt32LE(png.length, entry + 8);
    head.writeUInt32LE(at, entry + 12);
    at += png.length;
  }
  return Buffer.concat([head, ...pictures.map(([, png]) => png)]);
}

/** macOS' container: each part begins with its type and its length, these 8 bytes included; so does the whole. */
function icns(pictures: readonly (readonly [type: string, png: Buffer])[]): Buffer {
  const part = (type: string, body: Buffer) => {
    const head = Buffer.from(`${type}\0\0\0\0`, "latin1");
    head.writeUInt32BE(body.length + 8, 4);
    return Buffer.concat([head, body]);
  };
  return part("icns", Buffer.concat(pictures.map(([type, png]) => part(type, png))));
}

if (import.meta.main)
  for (const [name, bytes] of icons()) writeFileSync(join(import.meta.dirname, "icons", name), bytes);
