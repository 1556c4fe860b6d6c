import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { asarsOf, programEnd, stepsFor } from "../../../build/package/installers.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "carillon-installers-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program of so many sections, whose table lies at `table`, and what follows. */
function program(table: number, sections: number): string {
  const head = Buffer.alloc(64);
  head.write("\x7fELF\x02\x01", "latin1");
  head.writeBigUInt64LE(BigInt(table), 40);
  head.writeUInt16LE(64, 58);
  head.writeUInt16LE(sections, 60);
  const file = join(folder, "carillon.AppImage");
  writeFileSync(file, head);
  return file;
}

test("an AppImage's files begin where its program ends", () => {
  const file = program(1000, 3);
  expect(programEnd(file)).toBe(1192);
  expect(stepsFor(file, "/to")).toEqual([
    ["unsquashfs", "-quiet", "-force", "-offset", "1192", "-dest", "/to", file],
  ]);
  writeFileSync(file, "something else");
  expect(() => programEnd(file)).toThrow("is no AppImage");
});

test.each([
  ["a.deb", ["dpkg-deb"]],
  ["a.rpm", ["bsdtar"]],
  ["a.zip", ["unzip"]],
  ["a-x64.exe", ["7z", "7z"]],
  ["a.msi", ["msiextract"]],
  ["a.dmg", ["7z"]],
])("%s is opened by %j, and never run", (file, tools) => {
  expect(stepsFor(file, "/to")?.map(([tool]) => tool)).toEqual(tools);
});

test("an installer for Windows holds the archive of its architecture", () => {
  expect(stepsFor("carillon-win-arm64.exe", "/to")?.[1]).toContain("/to/$PLUGINSDIR/app-arm64.7z");
  expect(stepsFor("carillon-win-x64.exe", "/to")?.[1]).toContain("/to/$PLUGINSDIR/app-64.7z");
});

test("a folder is looked through; what holds no app, or cannot be opened, is said", () => {
  mkdirSync(join(folder, "installed/resources"), { recursive: true });
  expect(() => asarsOf(join(folder, "installed"), join(folder, "to"))).toThrow("there is no app.asar");
  const asar = join(folder, "installed/resources/app.asar");
  writeFileSync(asar, "");
  expect(asarsOf(join(folder, "installed"), join(folder, "to"))).toEqual([asar]);
  expect(asarsOf(asar, join(folder, "to"))).toEqual([asar]);
  const flatpak = join(folder, "a.flatpak");
  writeFileSync(flatpak, "");
  expect(() => asarsOf(flatpak, join(folder, "to"))).toThrow("cannot be taken apart here: install it");
});
