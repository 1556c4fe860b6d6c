import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";

import { waitForRoom } from "../../../../electron/matrix/store/disk-space.ts";
import type { AppError } from "../../../../shared/errors.ts";
import { asIfKilled, factoryOf, get, newFile, open, openSmall, openThings, put } from "./stores.ts";

async function filled(records = 200): Promise<string> {
  const file = newFile();
  const db = await open(file);
  const things = await openThings(factoryOf(db));
  await db.batch(async () => {
    for (let i = 0; i < records; i++) await put(things, i, new Uint8Array(1000));
  });
  await db.close();
  return file;
}

async function openSmallThings(pages: number) {
  const small = await openSmall();
  const things = await openThings(factoryOf(small.db));
  small.limit(pages);
  return { ...small, things, freeSpace: () => small.limit(10_000) };
}

function sqlite(file: string, statement: string): void {
  const sql = new DatabaseSync(file);
  sql.exec(statement);
  sql.close();
}

const LARGE = new Uint8Array(200_000);

test("a second process is refused as store-locked, and let in when the first is gone", async () => {
  const file = await filled();
  const holder = fork(new URL("hold-store.ts", import.meta.url), [file]);
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder, "message");
  await expect(open(file)).rejects.toMatchObject({ code: "store-locked" });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(await get(await openThings(factoryOf(await open(file))), 1)).toEqual(new Uint8Array(1000));
});

test("the same process is refused too", async () => {
  const file = newFile();
  await open(file);
  await expect(open(file)).rejects.toMatchObject({ code: "store-locked" });
});

test.for<[string, (file: string) => void]>([
  ["garbage", (file) => writeFileSync(file, "garbage ".repeat(4000))],
  ["cut in half", (file) => truncateSync(file, readFileSync(file).length / 2)],
  ["cut to its first 300 bytes", (file) => truncateSync(file, 300)],
  ["emptied beside its journal", (file) => (truncateSync(file, 0), writeFileSync(`${file}-wal`, "journal"))],
  [
    "with a catalogue that is no JSON",
    (file) => sqlite(file, "UPDATE catalogue SET stores = substr(stores, 2)"),
  ],
])("a file that is %s is refused as store-corrupt and left as it is", async ([, spoil]) => {
  const file = await filled();
  spoil(file);
  const before = readFileSync(file);
  await expect(open(file)).rejects.toMatchObject({ code: "store-corrupt" });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test("damage that is met later fails the request, and is told as store-corrupt", async () => {
  const file = await filled();
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 3 * 4096);
  writeFileSync(file, bytes);
  const failures: AppError[] = [];
  const db = await open(file, { onFailure: (error) => failures.push(error) }).catch(
    (error: AppError) => error.code,
  );
  if (typeof db === "string") return expect(db).toBe("store-corrupt");
  const things = await openThings(factoryOf(db));
  await expect(get(things, 150)).rejects.toMatchObject({ name: "UnknownError" });
  expect(failures[0]?.code).toBe("store-corrupt");
});

test("a full disk aborts the transaction as QuotaExceededError, keeps the old value, and the next write works", async () => {
  const { file, things, failures, freeSpace } = await openSmallThings(20);
  expect(await put(things, "key", "old")).toBe("complete");
  const tx = things.transaction("things", "readwrite");
  tx.objectStore("things").put("new", "key");
  const request = tx.objectStore("things").put(LARGE, "large");
  request.addEventListener("error", (event) => event.preventDefault());
  tx.objectStore("things").put("newer", "key");
  await new Promise((resolve) => tx.addEventListener("abort", resolve));
  expect(request.error?.name).toBe("QuotaExceededError");
  expect(tx.error?.name).toBe("QuotaExceededError");
  expect(failures).toContain("disk-full");
  expect(await get(things, "key")).toBe("old");
  expect(await put(things, "other", "small")).toBe("complete");
  freeSpace();
  expect(await put(things, "large", LARGE)).toBe("complete");
  const kept = await asIfKilled(file, async (factory) => {
    const found = await openThings(factory);
    return [await get(found, "key"), await get(found, "other"), await get(found, "large")];
  });
  expect(kept).toEqual(["old", "small", LARGE]);
});

test("a batch for which there is no room after all keeps nothing, says so, and lets nothing out", async () => {
  const { file, db, things, failures, freeSpace } = await openSmallThings(20);
  let told: unknown;
  const batch = db.batch(async () => {
    expect(await put(things, "key", "said to be complete")).toBe("complete");
    void db.settled().catch((error: unknown) => (told = error));
    expect(await put(things, "large", LARGE)).toBe("QuotaExceededError");
    expect(await put(things, "after", "late")).toBe("QuotaExceededError");
  });
  await expect(batch).rejects.toMatchObject({ code: "disk-full" });
  expect(told).toMatchObject({ code: "disk-full" });
  expect(failures).toContain("disk-full");
  freeSpace();
  expect(await put(things, "key", "again")).toBe("complete");
  const kept = await asIfKilled(file, async (factory) => {
    const found = await openThings(factory);
    return [await get(found, "key"), await get(found, "large"), await get(found, "after")];
  });
  expect(kept).toEqual(["again", undefined, undefined]);
});

test("a batch does not begin before there is room, and the user hears of it each time it is missing", async () => {
  const free = [0, 1024, 2 ** 30];
  const onFull = vi.fn();
  const roomToWrite = (closing: AbortSignal) =>
    waitForRoom(async () => free.shift() ?? 0, onFull, closing, 1);
  const db = await open(newFile(), { roomToWrite });
  const things = await openThings(factoryOf(db));
  await db.batch(async () => {
    expect(free).toEqual([]);
    await put(things, "key", "written");
  });
  expect(onFull.mock.calls.map(([error]) => error.code)).toEqual(["disk-full", "disk-full"]);
});

test("closing does not wait for room", async () => {
  const db = await open(newFile(), {
    roomToWrite: (closing) =>
      waitForRoom(
        async () => 0,
        () => {},
        closing,
      ),
  });
  const batch = db.batch(async () => {});
  const refused = expect(batch).rejects.toMatchObject({ name: "AbortError" });
  await db.close();
  await refused;
});
