import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { fileHash } from "../../../build/package/contents.ts";
import { buildDeb } from "../../package/builds.ts";

const root = resolve(import.meta.dirname, "../../..");
let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "carillon-verify-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verify = (path: string) =>
  promisify(execFile)(process.execPath, [join(root, "build/package/verify-release.ts"), path]).then(
    ({ stdout }) => stdout,
    // Node's own error of a program that ended with another code than 0.
    (error: { stdout: string }) => `failed: ${error.stdout}`,
  );

test("an installer of this checkout is known, and one that was tampered with is told by what differs", async () => {
  const deb = await buildDeb(folder);
  const hash = fileHash(join(folder, "dist/linux-unpacked/resources/app.asar"));
  expect(await verify(deb)).toBe(`the same as this checkout's: sha256:${hash}\n`);

  const other = join(folder, "tampered");
  execFileSync("dpkg-deb", ["--raw-extract", deb, other]);
  const asar = join(other, "opt/Carillon/resources/app.asar");
  const bytes = readFileSync(asar);
  // The last byte of the last file.
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(asar, bytes);
  execFileSync("dpkg-deb", ["--build", "-z0", other, `${other}.deb`]);
  const said = await verify(`${other}.deb`);
  expect(said).toMatch(/^failed: not the same/);
  expect(said).toContain("\n  package.json is not as it was built\n  package.json cannot be read\n");
  expect(await verify(join(folder, "electron/linux"))).toMatch(/^failed: there is no app.asar/);
});
