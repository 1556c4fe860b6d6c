// node build/release/smoke.ts <folder>: installs each installer in the folder that is for this machine, starts the app,
// and removes it again. Needs no packages of npm, so that the machine may be as people's are.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { planFor } from "./install-plans.ts";
import { tryOut } from "./try-out.ts";

const [, , given = "dist"] = process.argv;
const folder = resolve(given);
let tried = 0;
for (const name of readdirSync(folder).toSorted()) {
  const scratch = mkdtempSync(join(tmpdir(), "carillon-smoke-"));
  const plan = planFor(join(folder, name), {
    platform: process.platform,
    arch: process.arch,
    folder: scratch,
    home: homedir(),
    root: process.getuid?.() === 0,
  });
  if (plan) {
    await tryOut(plan, mkdtempSync(join(tmpdir(), "carillon-smoke-data-")));
    console.log(`ok ${name}`);
    tried++;
  }
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
if (tried === 0) throw new Error(`no installer in ${folder} is for this machine`);
