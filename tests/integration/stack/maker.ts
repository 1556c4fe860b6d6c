// Makes a folder as a set-up does: `maker.ts <folder> <diary> [hang]`. Says "making" once it has begun.
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, withLock } from "../../../build/setup/lock.mjs";

const [target, diary, hang] = process.argv.slice(2);
if (target === undefined || diary === undefined) throw new Error("maker.ts <folder> <diary> [hang]");

await withLock(`${target}.lock`, async () => {
  if (existsSync(target)) return;
  await makeFolder(target, async (folder) => {
    appendFileSync(diary, "made\n");
    writeFileSync(join(folder, "first"), "");
    console.log("making");
    if (hang !== undefined) await new Promise(() => setInterval(() => undefined, 1_000));
    writeFileSync(join(folder, "last"), "");
  });
});
