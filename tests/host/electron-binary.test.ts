import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { electronBinary } from "../../build/electron-binary.ts";
import { executable } from "./fixtures/launch.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-dist-"));
  vi.stubEnv("ELECTRON_OVERRIDE_DIST_PATH", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("Electron's own binary is taken where it is", () => {
  // Under each name that it has on one of the systems.
  for (const name of ["electron", "electron.exe", "Electron.app/Contents/MacOS/Electron"]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
  const { path, standIn } = electronBinary();
  expect(standIn).toBe(false);
  expect(path.startsWith(folder)).toBe(true);
});

test("the stand-in is taken where Electron is not", () => {
  expect(electronBinary()).toEqual({ path: executable, standIn: true });
});

test("the stand-in is known as such when it is named outright", () => {
  vi.stubEnv("ELECTRON_OVERRIDE_DIST_PATH", dirname(executable));
  expect(electronBinary()).toEqual({ path: executable, standIn: true });
});
