import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { stubElectron } from "../../../build/package/stub-electron.ts";
import { runScript } from "./run-script.ts";

const root = resolve(import.meta.dirname, "../../..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-installers-"));
  stubElectron(root, "linux", join(folder, "electron"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const build = (env: NodeJS.ProcessEnv, ...options: readonly string[]) =>
  runScript(
    "installers.ts",
    [
      "linux-x64",
      join(folder, "dist"),
      "--linux",
      "--dir",
      "--x64",
      `-c.electronDist=${join(folder, "electron")}`,
      ...options,
    ],
    env,
  );
const facts = () => join(folder, "dist/facts/linux-x64.md");

test("a build without keys says so, and the hash of its app, and looks for updates where it was built", async () => {
  await build({ WIN_CSC_LINK: "", CSC_LINK: "", GITHUB_REPOSITORY: "somebody/carillon" });
  expect(readFileSync(facts(), "utf8")).toMatch(
    /^- linux-x64: not signed .*\n {2}- app\.asar of linux-unpacked: `sha256:[0-9a-f]{64}`\n$/,
  );
  const updates = readFileSync(join(folder, "dist/linux-unpacked/resources/app-update.yml"), "utf8");
  expect(updates).toContain("owner: somebody\nrepo: carillon\nprovider: github");
});

test("a build that fails leaves no facts to release", async () => {
  await expect(build({}, "-c.noSuchOption=1")).rejects.toThrow("electron-builder: exit code");
  expect(existsSync(facts())).toBe(false);
});
