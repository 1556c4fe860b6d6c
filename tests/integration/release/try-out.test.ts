import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { planFor, type Plan } from "../../../build/release/install-plans.ts";
import { tryOut } from "../../../build/release/try-out.ts";
import { executable } from "../../host/fixtures/launch.ts";
import { runScript } from "./run-script.ts";

const root = resolve(import.meta.dirname, "../../..");
const arch = process.arch === "arm64" ? "arm64" : "x86_64";
/** The stand-in runs the built app in the binary's place. */
const works = `exec "${executable}" "${root}" "$@"`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-try-out-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const data = () => mkdtempSync(join(folder, "data-"));

function put(path: string, script: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return join(folder, path);
}

/** A program that is its own installer, as an AppImage is. */
function program(script: string): Plan {
  const file = put("app", script);
  return { install: [], start: [file], remove: [["rm", file]], file };
}

test("an AppImage that shows where to sign in passes, and so does the folder that it is in", async () => {
  put(`dist/carillon-1.2.3-linux-${arch}.AppImage`, `[ "$APPIMAGE_EXTRACT_AND_RUN" = 1 ] && ${works}`);
  put("dist/latest-linux.yml", "no installer");
  expect(await runScript("smoke.ts", [join(folder, "dist")])).toContain(
    `ok carillon-1.2.3-linux-${arch}.AppImage`,
  );
});

test("a deb is unpacked, started from where it puts its program, and removed", async () => {
  put("package/usr/bin/carillon", works);
  put("package/DEBIAN/control", "");
  writeFileSync(
    join(folder, "package/DEBIAN/control"),
    "Package: carillon\nVersion: 1.2.3\nArchitecture: all\nMaintainer: nobody\nDescription: a trial\n",
  );
  const deb = join(folder, "carillon.deb");
  const plan = planFor(deb, { platform: "linux", arch: process.arch, folder, home: folder, root: true });
  if (!plan) throw new Error("no plan");
  // Into a folder, since a test leaves the machine as it is.
  const into = join(folder, "root");
  const [program] = plan.start;
  await tryOut(
    {
      install: [
        ["dpkg-deb", "--build", "--root-owner-group", join(folder, "package"), deb],
        ["dpkg-deb", "-x", deb, into],
      ],
      start: [join(into, program)],
      remove: [["rm", "-r", into]],
      file: join(into, plan.file),
    },
    data(),
  );
  expect(existsSync(into)).toBe(false);
});

test("an app that ends at once fails, with what it said", async () => {
  const plan = program("echo 'error while loading shared libraries: libnss3.so' >&2; exit 127");
  await expect(tryOut(plan, data())).rejects.toThrow("libnss3.so");
});

test("an app without a window that asks for anything fails", async () => {
  // The stand-in's own sample app is up, but is no Carillon.
  const plan = program(`exec "${executable}" "${join(root, "tests/host/fixtures/app")}" "$@"`);
  await expect(tryOut(plan, data(), 3_000)).rejects.toThrow("does not start");
});

test("an installer that fails, installs nothing or takes the data along fails", async () => {
  await expect(tryOut({ ...program(works), install: [["false"]] }, data())).rejects.toThrow("false");
  const nothing = { ...program(works), file: join(folder, "nowhere") };
  await expect(tryOut(nothing, data())).rejects.toThrow("was not installed");
  const kept = data();
  const greedy = program(works);
  await expect(tryOut({ ...greedy, remove: [...greedy.remove, ["rm", "-r", kept]] }, kept)).rejects.toThrow(
    "took the user's data along",
  );
});

test("a folder without an installer for this machine fails", async () => {
  put("dist/carillon-1.2.3-win-x64.exe", "");
  await expect(runScript("smoke.ts", [join(folder, "dist")])).rejects.toThrow("is for this machine");
});
