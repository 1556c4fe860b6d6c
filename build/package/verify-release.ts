// `npm run verify-release -- <installer, or folder where it is installed>`: whether the app in it is what this checkout
// builds. The checkout should be at the release's tag.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { contentFaults, fileHash, readAsar } from "./contents.ts";
import { asarsOf } from "./installers.ts";
import { localAsar } from "./local-asar.ts";

const [path] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "carillon-verify-"));
try {
  if (path === undefined) throw new Error("usage: npm run verify-release -- <installer or folder>");
  const theirs = asarsOf(resolve(path), join(folder, "installer"));
  const ours = await localAsar(resolve(import.meta.dirname, "../.."), join(folder, "local"));
  for (const asar of theirs) {
    if (fileHash(asar) === fileHash(ours))
      console.log(`the same as this checkout's: sha256:${fileHash(ours)}`);
    else {
      console.log(`not the same: sha256:${fileHash(asar)}, this checkout's sha256:${fileHash(ours)}`);
      for (const fault of contentFaults(readAsar(asar), readAsar(ours))) console.log(`  ${fault}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
