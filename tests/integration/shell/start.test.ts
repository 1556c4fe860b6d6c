import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect, onTestFinished, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
/** Real Electron would wait for somebody to close its box. */
const standIn = join(root, "tests/host/bin/electron");

test("an app that cannot open its database says so and ends, instead of standing there without a window", async () => {
  const profile = mkdtempSync(join(tmpdir(), "carillon-start-"));
  onTestFinished(() => rmSync(profile, { recursive: true, force: true }));
  mkdirSync(join(profile, "carillon.db"));
  const app = spawn(standIn, [root, `--user-data-dir=${profile}`], { stdio: "ignore" });
  expect(await once(app, "exit")).toEqual([1, null]);
  expect(readFileSync(join(profile, "logs/carillon.log"), "utf8")).toContain("error cannot start AppError");
});
