import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";

import { expect, test } from "vitest";

import { icons } from "../../../build/icons.ts";
import { layersOf } from "../../../build/svg.ts";

const FOLDER = "build/icons";
const kept = (name: string) => readFileSync(join(FOLDER, name));

/** Width and pixels of each PNG in a file; how well they are packed may differ between machines. */
function pictures(file: Buffer): { width: number; pixels: Buffer }[] {
  const found: { width: number; pixels: Buffer }[] = [];
  for (
    let at = file.indexOf("\x89PNG", 0, "latin1");
    at >= 0;
    at = file.indexOf("\x89PNG", at + 1, "latin1")
  ) {
    const data = file.indexOf("IDAT", at);
    const pixels = inflateSync(file.subarray(data + 4, data + 4 + file.readUInt32BE(data - 4)));
    found.push({ width: file.readUInt32BE(at + 16), pixels });
  }
  return found;
}

test("the icons that are kept are those that are drawn", () => {
  const drawn = icons();
  expect(readdirSync(FOLDER).toSorted()).toEqual([...drawn.keys(), "icon.svg"].toSorted());
  for (const [name, file] of drawn) expect(pictures(kept(name)), name).toEqual(pictures(file));
});

test("Windows and macOS find each size that they ask for", () => {
  const ico = kept("icon.ico");
  const entries = Array.from({ length: ico.readUInt16LE(4) }, (_, index) => {
    const [size, at] = [ico.readUInt32LE(6 + 16 * index + 8), ico.readUInt32LE(6 + 16 * index + 12)];
    return { said: ico[6 + 16 * index] || 256, is: ico.readUInt32BE(at + 16), end: at + size };
  });
  expect(entries.map(({ is }) => is)).toEqual([16, 24, 32, 48, 64, 128, 256]);
  expect(entries.map(({ said }) => said)).toEqual(entries.map(({ is }) => is));
  expect(entries.at(-1)?.end).toBe(ico.length);

  const icns = kept("icon.icns");
  expect([icns.toString("latin1", 0, 4), icns.readUInt32BE(4)]).toEqual(["icns", icns.length]);
  const types: string[] = [];
  for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4))
    types.push(icns.toString("latin1", at, at + 4));
  expect(types).toEqual(["icp4", "icp5", "ic11", "ic12", "ic07", "ic13", "ic08", "ic14", "ic09", "ic10"]);
});

test("a drawing that cannot be drawn as it is meant is refused", () => {
  const svg = readFileSync(join(FOLDER, "icon.svg"), "utf8");
  expect(layersOf(svg).sound).toMatchObject({ fill: "#ebb651", stroke: 3 });
  expect(() => layersOf(svg.replace('id="bell"', 'id="bel"'))).toThrow("bell");
  expect(() => layersOf(svg.replace("M20.4 35.2C", "M20.4 35.2Q"))).toThrow("clapper");
});
