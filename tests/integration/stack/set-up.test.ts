import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
let target: string;
let diary: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-set-up-"));
  target = join(folder, "thing");
  diary = join(folder, "diary");
});

afterEach(() => rmSync(folder, { recursive: true }));

function maker(...more: string[]): ChildProcess {
  const script = join(import.meta.dirname, "maker.ts");
  return spawn(process.execPath, [script, target, diary, ...more], { stdio: ["ignore", "pipe", "inherit"] });
}

test("several set-ups at once make a thing once, and all find it whole", async () => {
  const makers = [maker(), maker(), maker()];
  const codes = await Promise.all(makers.map(async (child) => (await once(child, "exit"))[0] as unknown));
  expect(codes).toEqual([0, 0, 0]);
  expect(readFileSync(diary, "utf8")).toBe("made\n");
  expect(readdirSync(target).toSorted()).toEqual(["first", "last"]);
});

test("a set-up that was killed leaves nothing that looks done and blocks nobody", async () => {
  const killed = maker("hang");
  if (killed.stdout) await once(killed.stdout, "data");
  const waiting = maker();
  killed.kill("SIGKILL");
  expect(await once(waiting, "exit")).toEqual([0, null]);
  expect(readdirSync(target).toSorted()).toEqual(["first", "last"]);
  expect(readdirSync(folder).toSorted()).toEqual(["diary", "thing"]);
  expect(existsSync(`${target}.lock`)).toBe(false);
});
