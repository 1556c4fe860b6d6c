import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { CallFactsFile } from "../../../electron/state/call-facts.ts";
import { Database } from "../../../electron/state/database.ts";
import { factKey } from "../../../shared/call/history-facts.ts";
import type { CallFact } from "../../../shared/call/history.ts";
import { ALICE, BOB, decline, join, leave, ME, putOff, ring, s, withdrawn } from "../call/history-world.ts";

const DAY = 24 * 3600;

let folder = "";
let database: Database;
beforeEach(() => {
  folder = mkdtempSync(pathOf(tmpdir(), "carillon-call-facts-"));
  database = new Database(pathOf(folder, "a.db"));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});
function restart(): void {
  database.close();
  database = new Database(pathOf(folder, "a.db"));
}
const inRoom = (room: `!${string}`, fact: CallFact): CallFact =>
  fact.type === "notified"
    ? { ...fact, notification: { ...fact.notification, room } }
    : ({ ...fact, room } satisfies CallFact);
const keys = (facts: readonly CallFact[]) => facts.map(factKey);

const mark = (event: `$${string}`, activeAt: number) => ({ event, activeAt });

const every: readonly CallFact[] = [
  join(0, ALICE),
  ring(1, ALICE),
  decline(2, ME, `$ring-${ALICE}-1`, "busy"),
  leave(3, ALICE),
  { ...join(4, BOB), rangUs: false },
  putOff(5, `$ring-${ALICE}-1`),
  withdrawn(`$ring-${ALICE}-1`),
];

test("every kind of fact comes back after a restart as it was", () => {
  new CallFactsFile(database, ME).add(every, s(5));
  restart();
  expect(new CallFactsFile(database, ME).read(s(6))).toEqual(every);
});

test("a fact stays as it was first heard, but that it rang us is never forgotten", () => {
  const facts = new CallFactsFile(database, ME);
  const quiet = ring(1, ALICE, { rangUs: false });
  const later = (rangUs: boolean, expiresAt: number): CallFact => ({
    ...quiet,
    notification: { ...quiet.notification, expiresAt },
    rangUs,
  });
  facts.add([quiet], s(2));
  facts.add([later(false, s(500))], s(3));
  expect(facts.read(s(4))).toEqual([quiet]);
  facts.add([later(true, s(600))], s(4));
  facts.add([later(false, s(700)), later(true, s(800))], s(5));
  expect(facts.read(s(6))).toEqual([later(true, s(600))]);
});

test("a row that cannot be read is skipped, and the others are not", () => {
  const facts = new CallFactsFile(database, ME);
  facts.add(every, s(5));
  const damage = (json: string, key: string) =>
    database.run("UPDATE call_fact SET json = ? WHERE key = ?", json, key);
  damage("{", factKey(join(0, ALICE)));
  damage('{"type":"sung","id":"$x"}', `$ring-${ALICE}-1`);
  damage(JSON.stringify({ ...leave(3, ALICE), sender: "alice" }), factKey(leave(3, ALICE)));
  expect(facts.read(s(6))).toEqual([every[2], every[4], every[5], every[6]]);
});

test("a year is kept, and what claims to be of the future is as old as when it was heard", () => {
  const facts = new CallFactsFile(database, ME);
  facts.add([join(0, ALICE), join(2 * DAY, ALICE), join(1000 * DAY, BOB)], s(DAY));
  expect(keys(facts.read(s(366 * DAY - 1)))).toEqual(keys([join(2 * DAY, ALICE), join(1000 * DAY, BOB)]));
  expect(facts.read(s(367 * DAY))).toEqual([]);
});

test("the newest 5,000 are kept, and one busy room does not push out the others", () => {
  const facts = new CallFactsFile(database, ME);
  const quiet = Array.from({ length: 4500 }, (_, i) => inRoom(`!quiet${i}:hs`, join(i, ALICE)));
  const busy = Array.from({ length: 1500 }, (_, i) => join(10_000 + i, BOB));
  facts.add([...quiet, ...busy], s(DAY));
  const kept = facts.read(s(DAY));
  expect(kept).toHaveLength(5000);
  expect(keys(kept)).toEqual(keys([...quiet.slice(500), ...busy.slice(500)]));
});

test("how far a room was read is kept for each room and account", () => {
  const facts = new CallFactsFile(database, ME);
  const [one, two, three] = [mark("$1", 1), mark("$2", -Number.MAX_SAFE_INTEGER), mark("$3", 1.5)];
  facts.setMark("!a:hs", one);
  facts.setMark("!b:hs", two);
  facts.setMark("!a:hs", three);
  restart();
  const again = new CallFactsFile(database, ME);
  expect([again.mark("!a:hs"), again.mark("!b:hs"), again.mark("!c:hs")]).toEqual([three, two, null]);
  expect(new CallFactsFile(database, BOB).mark("!a:hs")).toBeNull();
});

test("what was seen is kept, and a damaged word of it counts as none", () => {
  const facts = new CallFactsFile(database, ME);
  expect(facts.seen()).toBeNull();
  facts.setSeen({ at: 1, ahead: [] });
  facts.setSeen({ at: 5, ahead: ["$x"] });
  restart();
  expect(new CallFactsFile(database, ME).seen()).toEqual({ at: 5, ahead: ["$x"] });
  database.run("UPDATE call_seen SET json = '[5]'");
  expect(new CallFactsFile(database, ME).seen()).toBeNull();
});

test("nothing of an account that signs out stays, and all of another does", () => {
  const [mine, bobs] = [new CallFactsFile(database, ME), new CallFactsFile(database, BOB)];
  for (const facts of [mine, bobs]) {
    facts.add(every, s(5));
    facts.setMark("!a:hs", mark("$1", 1));
    facts.setSeen({ at: 5, ahead: [] });
  }
  mine.forget();
  expect([mine.read(s(6)), mine.mark("!a:hs"), mine.seen()]).toEqual([[], null, null]);
  expect([bobs.read(s(6)), bobs.mark("!a:hs"), bobs.seen()]).toEqual([
    every,
    mark("$1", 1),
    { at: 5, ahead: [] },
  ]);
});

test("a full disk is said as such, and keeps nothing by halves", () => {
  const facts = new CallFactsFile(database, ME);
  facts.add([join(0, ALICE)], s(1));
  const pages = Number(database.rows("PRAGMA page_count")[0]?.["page_count"]);
  database.rows(`PRAGMA max_page_count = ${pages + 2}`);
  const many = Array.from({ length: 1000 }, (_, i) => join(i, BOB));
  expect(() => facts.add(many, s(2000))).toThrow(expect.objectContaining({ code: "disk-full" }));
  expect(facts.read(s(2000))).toEqual([join(0, ALICE)]);
  database.rows("PRAGMA max_page_count = 100000");
  facts.add(many, s(2000));
  expect(facts.read(s(2000))).toHaveLength(1000);
});
