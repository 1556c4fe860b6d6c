import { expect, test } from "vitest";

import { asIfKilled, factoryOf, get, newFile, open, openThings, put } from "./stores.ts";

const onDisk = (file: string, ...keys: string[]) =>
  asIfKilled(file, async (factory) => {
    const things = await openThings(factory);
    return Promise.all(keys.map((key) => get(things, key)));
  });

test("the transactions of a batch reach the disk together, at its end", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  const returned = await db.batch(async () => {
    expect(await put(things, "one", 1)).toBe("complete");
    expect(await put(things, "two", 2)).toBe("complete");
    expect(await get(things, "one")).toBe(1);
    expect(await onDisk(file, "one", "two")).toEqual([undefined, undefined]);
    return "done";
  });
  expect(returned).toBe("done");
  expect(await onDisk(file, "one", "two")).toEqual([1, 2]);
});

test("a transaction that aborts within a batch takes nothing else with it", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  await db.batch(async () => {
    await put(things, "one", 1);
    const tx = things.transaction("things", "readwrite");
    tx.objectStore("things")
      .put("aborted", "one")
      .addEventListener("success", () => tx.abort());
    await new Promise((resolve) => tx.addEventListener("abort", resolve));
    await put(things, "two", 2);
  });
  expect(await onDisk(file, "one", "two")).toEqual([1, 2]);
});

test("a batch whose work fails keeps what its transactions completed", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  const batch = db.batch(async () => {
    await put(things, "one", 1);
    throw new Error("half way");
  });
  await expect(batch).rejects.toThrow("half way");
  expect(await onDisk(file, "one")).toEqual([1]);
});

test("settled waits for the end of the open batch, and for nothing where there is none", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  await db.settled();
  const order: string[] = [];
  await db.batch(async () => {
    await put(things, "one", 1);
    void db.settled().then(async () => order.push("settled", String(await onDisk(file, "one"))));
    await put(things, "two", 2);
    order.push("work over");
  });
  await expect.poll(() => order).toEqual(["work over", "settled", "1"]);
});

test("batches follow one another, and other transactions neither hang nor are lost", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  const running: string[] = [];
  const batches = ["a", "b", "c"].map((name) =>
    db.batch(async () => {
      running.push(`${name} in`);
      await put(things, name, name);
      running.push(`${name} out`);
    }),
  );
  const others = Array.from({ length: 20 }, (_, i) => put(things, `other${i}`, i));
  await Promise.all([...batches, ...others]);
  expect(running).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
  expect(await onDisk(file, "a", "b", "c", "other0", "other19")).toEqual(["a", "b", "c", 0, 19]);
});

test("close waits for a batch that is under way", async () => {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  const batch = db.batch(async () => {
    await put(things, "one", 1);
    await put(things, "two", 2);
  });
  await db.close();
  await batch;
  const again = await openThings(factoryOf(await open(file)));
  expect([await get(again, "one"), await get(again, "two")]).toEqual([1, 2]);
});
