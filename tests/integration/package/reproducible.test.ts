import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { fileHash } from "../../../build/package/contents.ts";
import { localAsar } from "../../../build/package/local-asar.ts";

const root = resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);
let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "carillon-clones-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A clone of what is committed, with this checkout's packages. */
async function clone(at: string): Promise<string> {
  const place = join(folder, at);
  mkdirSync(dirname(place), { recursive: true });
  await run("git", ["clone", "--quiet", root, place]);
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  return place;
}

async function asarOf(place: string): Promise<string> {
  const builder = join(root, "node_modules/electron-vite/bin/electron-vite.js");
  const args = ["build", "--config", "build/electron.vite.config.ts", "--logLevel", "error"];
  await run(process.execPath, [builder, ...args], { cwd: place });
  return fileHash(await localAsar(place, join(place, "dist/local")));
}

test("two builds from clean clones, in different places and of different age, give the same app.asar", async () => {
  const [one, other] = [await clone("one"), await clone("deeper/in/another")];
  const sources = ["package.json", "electron/main.ts", "renderer/home/index.html"];
  for (const source of sources) utimesSync(join(other, source), 1_000_000_000, 1_000_000_000);
  const [first, second] = await Promise.all([asarOf(one), asarOf(other)]);
  expect(first).toBe(second);
});
