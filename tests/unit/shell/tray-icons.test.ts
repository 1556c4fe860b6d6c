import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";

import { expect, test } from "vitest";

import { trayIcons } from "../../../build/tray-icons.ts";

/** Size and pixels; how well they are packed may differ between machines. */
function picture(png: Buffer): { width: number; height: number; pixels: Buffer } {
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const data = png.indexOf("IDAT");
  const pixels = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), pixels };
}

test("the icons that are kept are those that are drawn", () => {
  const drawn = trayIcons();
  expect(readdirSync("build/tray").toSorted()).toEqual([...drawn.keys()].toSorted());
  for (const [name, png] of drawn)
    expect(picture(readFileSync(join("build/tray", name))).pixels.equals(picture(png).pixels), name).toBe(
      true,
    );
});

test("icons have the sizes that the systems ask for, and say three different things", () => {
  const size = (name: string) => picture(readFileSync(join("build/tray", name))).width;
  expect([size("normalTemplate.png"), size("normalTemplate@2x.png")]).toEqual([16, 32]);
  expect([size("normal-on-dark.png"), size("overlay-missed-1.png"), size("normal-colour@2x.png")]).toEqual([
    16, 16, 48,
  ]);
  for (const kind of ["Template", "-on-dark", "-on-light", "-colour"])
    expect(
      new Set(
        ["normal", "ringing", "missed"].map((state) =>
          readFileSync(join("build/tray", `${state}${kind}.png`)).toString("base64"),
        ),
      ).size,
    ).toBe(3);
});
