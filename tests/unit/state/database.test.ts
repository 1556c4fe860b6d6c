import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Database, openDatabase } from "../../../electron/state/database.ts";

const NOW = new Date("2030-01-02T03:04:05.678Z");

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-database-"));
  file = join(folder, "a.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file that holds more than one page. */
function filled(): Buffer {
  const database = new Database(file);
  for (let i = 0; i < 100; i++) database.setJson(`name ${i}`, "x".repeat(500));
  database.close();
  return readFileSync(file);
}

test("a file that is whole is opened with what is in it", () => {
  filled();
  const { database, setAside } = openDatabase(file, NOW);
  expect(setAside).toBeNull();
  expect(database.json("name 99")).toBe("x".repeat(500));
  database.close();
});

test.each<[string, (good: Buffer) => Buffer]>([
  ["is not a database", () => Buffer.from("this was a database once\n".repeat(1000))],
  ["lost its beginning", (good) => good.fill(0, 0, 100)],
  ["was cut off", (good) => good.subarray(0, good.length / 2)],
  ["holds garbage in its middle", (good) => good.fill(0xa5, 8192, 16384)],
])("a file that %s is set aside as it is, and a new one begun", (_what, damage) => {
  const damaged = Buffer.from(damage(filled()));
  writeFileSync(file, damaged);
  const { database, setAside } = openDatabase(file, NOW);
  expect(setAside).toBe(`${file}.damaged-2030-01-02T03-04-05-678Z`);
  expect(readFileSync(setAside ?? "").equals(damaged)).toBe(true);
  expect(database.json("name 99")).toBeUndefined();
  database.setJson("name", "new");
  database.close();
  expect(openDatabase(file, NOW).setAside).toBeNull();
});

test("nothing of its journal comes into the new one", () => {
  filled();
  const killed = new Database(file);
  killed.setJson("name 50", "y".repeat(500));
  const [main, journal] = [readFileSync(file), readFileSync(`${file}-wal`)];
  killed.close();
  writeFileSync(file, main.fill(0, 0, 100));
  writeFileSync(`${file}-wal`, journal);

  const { database, setAside } = openDatabase(file, NOW);
  expect(setAside).not.toBeNull();
  expect(database.json("name 50")).toBeUndefined();
  database.close();
});

test("a file that somebody else holds is left where it is", () => {
  const good = filled();
  const other = new DatabaseSync(file);
  other.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  expect(() => openDatabase(file, NOW)).toThrow(expect.objectContaining({ code: "store-locked" }));
  other.exec("ROLLBACK");
  other.close();
  expect(readFileSync(file).equals(good)).toBe(true);
  expect(readdirSync(folder)).toEqual(["a.db"]);
});

test("what is no file at all is neither damaged nor moved", () => {
  expect(() => openDatabase(folder, NOW)).toThrow(expect.objectContaining({ code: "internal" }));
  expect(existsSync(folder)).toBe(true);
});
