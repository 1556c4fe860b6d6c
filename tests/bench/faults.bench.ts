import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { format, resolveConfig } from "prettier";

import { elementCallFaults } from "../faults/element-call.ts";
import type { Comparison } from "../faults/element-call-pair.ts";
import type { Outcome } from "../faults/scene.ts";
import type { Row } from "./table.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "test-results/fault-table");

type Named = Outcome & { readonly name: string };

/** Runs the table of faults, and writes it down in `docs/faults.md`. */
export async function run(): Promise<Row[]> {
  rmSync(folder, { recursive: true, force: true });
  const cli = join(root, "node_modules/@playwright/test/cli.js");
  const args = [cli, "test", "--config", "tests/faults/playwright.config.ts", "--reporter=dot"];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error("a fault was not survived");
  const all = readdirSync(folder)
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Named);
  const theirs = await elementCallFaults();
  for (const name of theirs.keys())
    if (!all.some((one) => one.name === name)) throw new Error(`no fault "${name}" to compare with`);
  const path = join(root, "docs/faults.md");
  writeFileSync(
    path,
    await format(document(all, theirs), { ...(await resolveConfig(path)), filepath: path }),
  );
  return all.flatMap(rows);
}

const rows = ({ name, toldMs, goneMs, backMs }: Named): Row[] =>
  [
    { name: `${name}: others told`, value: toldMs },
    { name: `${name}: gone for others`, value: goneMs },
    { name: `${name}: all is well`, value: backMs },
  ].flatMap(({ name: what, value }) =>
    value === null ? [] : [{ name: what, unit: "ms" as const, values: [value] }],
  );

function document(all: readonly Named[], theirs: ReadonlyMap<string, Comparison>): string {
  const lines = all.map(({ name, userSaw, othersSaw, toldMs, goneMs, backMs }) =>
    [
      name,
      told(userSaw),
      told(othersSaw),
      ...[toldMs, goneMs, backMs].map(seconds),
      compared(theirs.get(name)),
    ].join(" | "),
  );
  return [
    "# What faults do to a call",
    "",
    "Alice and Bob are in an encrypted call, each with a Carillon; the fault is Bob's, or everybody's. After each one the servers were asked who is a",
    "member (room state) and who is on the SFU: both lists were the same. `npm run bench -- faults` runs all of it and writes this page;",
    "`npm test` runs it too.",
    "",
    "*Told*: until Alice's window says on Bob's tile that something is wrong. *Gone*: until his tile is gone. *Well*: from the end of the fault until",
    "both see each other move and the servers agree, or until Bob is gone from all of them where that is what should come. In seconds, of one run",
    "with two calls at a time on 2 cores. *Element Call* 0.26.1: two of them in its default mode, the same fault, where it can be run; gone / well.",
    "Where it was not well after a minute there is a dash. *ghost*: somebody was then a member and not on the SFU, or the other way round; *stale*:",
    "Bob's membership then said something else of his camera than he did; neither: they did not see each other, or Bob was not out.",
    "",
    "| fault | Bob is told | Alice is told of Bob | told | gone | well | Element Call |",
    "| --- | --- | --- | --: | --: | --: | --: |",
    ...lines.map((line) => `| ${line} |`),
    "",
  ].join("\n");
}

const told = (words: readonly string[]): string => words.map((text) => `“${text}”`).join(", ") || "–";
const compared = (theirs: Comparison | undefined): string =>
  theirs
    ? `${seconds(theirs.goneMs)} / ${seconds(theirs.backMs)}${theirs.wrong ? `, ${theirs.wrong}` : ""}`
    : "";
const seconds = (ms: number | null): string => (ms === null ? "–" : (ms / 1000).toFixed(1));
