import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect, test } from "vitest";

import {
  asIfKilled,
  factoryOf,
  get,
  newFile,
  open,
  openDatabase,
  openThings,
  outcome,
  put,
  result,
} from "./stores.ts";

test("what a transaction wrote is on disk when it says that it is complete", async () => {
  const file = newFile();
  const things = await openThings(factoryOf(await open(file)));
  const tx = things.transaction("things", "readwrite");
  tx.objectStore("things").put("written", "key");
  const found = await new Promise((resolve) =>
    tx.addEventListener("complete", () =>
      resolve(asIfKilled(file, async (factory) => get(await openThings(factory), "key"))),
    ),
  );
  expect(found).toBe("written");
});

test("a transaction that is killed before it is complete leaves nothing", async () => {
  const file = newFile();
  const things = await openThings(factoryOf(await open(file)));
  const tx = things.transaction("things", "readwrite");
  await result(tx.objectStore("things").put("half", "one"));
  const found = asIfKilled(file, async (factory) => get(await openThings(factory), "one"));
  tx.objectStore("things").put("half", "two");
  await outcome(tx);
  expect(await found).toBeUndefined();
  expect(await get(things, "one")).toBe("half");
});

test("an aborted transaction leaves nothing, and its generated keys are given again", async () => {
  const file = newFile();
  const db = await open(file);
  const made = await openDatabase(factoryOf(db), "db", 1, (database) =>
    database.createObjectStore("things", { autoIncrement: true }),
  );
  const add = async (abort: boolean) => {
    const tx = made.transaction("things", "readwrite");
    const key = await result(tx.objectStore("things").add("thing"));
    if (abort) tx.abort();
    await outcome(tx);
    return key;
  };
  expect(await add(false)).toBe(1);
  expect(await add(true)).toBe(2);
  expect(await add(false)).toBe(2);
  expect(await result(made.transaction("things").objectStore("things").getAllKeys())).toEqual([1, 2]);
});

test("a generated key is not given again after a restart, though its record is gone", async () => {
  const file = newFile();
  const add = async () => {
    const db = await open(file);
    const database = await openDatabase(factoryOf(db), "db", 1, (made) =>
      made.createObjectStore("things", { autoIncrement: true }),
    );
    const tx = database.transaction("things", "readwrite");
    const key = await result(tx.objectStore("things").add("thing"));
    tx.objectStore("things").clear();
    await outcome(tx);
    await db.close();
    return key;
  };
  expect(await add()).toBe(1);
  expect(await add()).toBe(2);
});

test("a value comes back as it was, typed arrays on buffers of their own", async () => {
  const file = newFile();
  const value = {
    bytes: Uint8Array.of(1, 2, 3),
    floats: Float64Array.of(1.5, -0),
    when: new Date(5),
    map: new Map([["a", new Set([1n])]]),
    text: "ü\ud800 \0",
    nothing: undefined,
  };
  const db = await open(file);
  await put(await openThings(factoryOf(db)), "key", value);
  await db.close();
  const found = await get(await openThings(factoryOf(await open(file))), "key");
  expect(found).toStrictEqual(value);
  expect((found as typeof value).bytes.buffer.byteLength).toBe(3);
});

test("an upgrade that aborts leaves the old version, its stores and their records, also after a restart", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  await put(things, "key", "old");
  things.close();
  const upgrade = openDatabase(factoryOf(db), "db", 2, (database, tx) => {
    database.deleteObjectStore("things");
    database.createObjectStore("others").put("new", "key");
    tx.abort();
  });
  await expect(upgrade).rejects.toThrow("aborted");
  const kept = async (factory: IDBFactory) => {
    const database = await openDatabase(factory, "db");
    return [database.version, [...database.objectStoreNames], await get(database, "key")];
  };
  expect(await kept(factoryOf(db))).toEqual([1, ["things"], "old"]);
  await db.close();
  expect(await kept(factoryOf(await open(file)))).toEqual([1, ["things"], "old"]);
});

test("a store made anew, and a database made anew, hold nothing of the old one", async () => {
  const file = newFile();
  const db = await open(file);
  const factory = factoryOf(db);
  let things = await openThings(factory);
  await put(things, "key", "old");
  things.close();
  things = await openDatabase(factory, "db", 2, (database) => {
    database.deleteObjectStore("things");
    database.createObjectStore("things");
  });
  expect(await get(things, "key")).toBeUndefined();
  await put(things, "key", "newer");
  things.close();
  await result(factory.deleteDatabase("db"));
  expect(await factory.databases()).toEqual([]);
  await db.close();
  const again = factoryOf(await open(file));
  expect(await again.databases()).toEqual([]);
  expect(await get(await openThings(again), "key")).toBeUndefined();
});

test("databases are found again by name and version", async () => {
  const file = newFile();
  const db = await open(file);
  await openDatabase(factoryOf(db), "one", 3);
  await openDatabase(factoryOf(db), "two");
  await db.close();
  const found = await factoryOf(await open(file)).databases();
  expect(found).toEqual([
    { name: "one", version: 3 },
    { name: "two", version: 1 },
  ]);
});

test("writers of two databases take turns, and neither sees the other's half", async () => {
  const file = newFile();
  const factory = factoryOf(await open(file));
  const one = await openDatabase(factory, "one", 1, (made) => made.createObjectStore("things"));
  const two = await openDatabase(factory, "two", 1, (made) => made.createObjectStore("things"));
  const writes = Array.from({ length: 40 }, async (_, i) => {
    const tx = (i % 2 ? one : two).transaction("things", "readwrite");
    const before = Number((await result(tx.objectStore("things").get("count"))) ?? 0);
    tx.objectStore("things").put(before + 1, "count");
    if (i % 5 === 0) tx.abort();
    return outcome(tx);
  });
  expect((await Promise.all(writes)).filter((end) => end === "complete")).toHaveLength(32);
  expect([await get(one, "count"), await get(two, "count")]).toEqual([16, 16]);
});

test("a transaction aborted while it waits for its turn does not run, and those behind it do", async () => {
  const factory = factoryOf(await open(newFile()));
  const one = await openDatabase(factory, "one", 1, (made) => made.createObjectStore("things"));
  const two = await openDatabase(factory, "two", 1, (made) => made.createObjectStore("things"));
  const running = one.transaction("things", "readwrite");
  await result(running.objectStore("things").put(1, "key"));
  const waiting = two.transaction("things", "readwrite");
  waiting.objectStore("things").put(2, "key");
  const behind = put(two, "behind", 3);
  running
    .objectStore("things")
    .put(4, "more")
    .addEventListener("success", () => waiting.abort());
  expect(await Promise.all([outcome(running), outcome(waiting), behind])).toEqual([
    "complete",
    "aborted",
    "complete",
  ]);
  expect([await get(two, "key"), await get(two, "behind")]).toEqual([undefined, 3]);
});

test("many records are walked through without being held", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  const COUNT = 20_000;
  const BYTES = 2_000;
  const tx = things.transaction("things", "readwrite");
  for (let i = 0; i < COUNT; i++) tx.objectStore("things").put(new Uint8Array(BYTES), i);
  await outcome(tx);
  await db.close();

  const walked = await openThings(factoryOf(await open(file)));
  expect(await result(walked.transaction("things").objectStore("things").count())).toBe(COUNT);
  const before = heldBytes();
  let most = 0;
  let seen = 0;
  const request = walked.transaction("things").objectStore("things").openCursor();
  await new Promise<void>((resolve) =>
    request.addEventListener("success", () => {
      if (!request.result) return resolve();
      if (++seen % 4000 === 0) most = Math.max(most, heldBytes() - before);
      request.result.continue();
    }),
  );
  expect(seen).toBe(COUNT);
  expect(most).toBeLessThan((COUNT * BYTES) / 4);
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function heldBytes(): number {
  // What one frees is counted as free once the other begins: buffers are swept beside the program, which a busy machine does late.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("after close the file is free, and a transaction that comes later fails instead of hanging", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  await put(things, "key", "kept");
  const last = put(things, "last", "kept too");
  await db.close();
  expect(await last).toBe("complete");
  expect(await put(things, "late", "lost")).toBe("UnknownError");
  await expect(get(things, "key")).rejects.toThrow();
  const again = await openThings(factoryOf(await open(file)));
  expect([await get(again, "key"), await get(again, "last"), await get(again, "late")]).toEqual([
    "kept",
    "kept too",
    undefined,
  ]);
});
