import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";

import { rawClasses } from "../../../../electron/matrix/store/fake-indexeddb.ts";
import { openIndexedDb, SqliteIndexedDb } from "../../../../electron/matrix/store/indexed-db.ts";

/** A file that is not there yet, in a folder that goes with the test. */
export function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "carillon-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "store.db");
}

export async function open(
  file: string,
  options?: Parameters<typeof openIndexedDb>[1],
): Promise<SqliteIndexedDb> {
  const db = await openIndexedDb(file, options);
  onTestFinished(() => db.close());
  return db;
}

/** A store that SQLite lets grow to so many pages: its SQLITE_FULL is that of a full disk. */
export async function openSmall() {
  const file = newFile();
  const sql = new DatabaseSync(file);
  sql.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  const failures: string[] = [];
  const db = new SqliteIndexedDb(sql, await rawClasses(), {
    onFailure: (error) => failures.push(error.code),
    roomToWrite: async () => {},
  });
  onTestFinished(() => db.close());
  return { file, db, failures, limit: (pages: number) => sql.exec(`PRAGMA max_page_count=${pages}`) };
}

/** Main is compiled without the DOM's types; tests have them. */
export const factoryOf = (db: SqliteIndexedDb) => db.indexedDB as unknown as IDBFactory;

/** What a process that starts after a kill at this moment would find: the bytes on disk now, opened elsewhere. */
export async function asIfKilled<T>(file: string, look: (factory: IDBFactory) => Promise<T>): Promise<T> {
  const copy = newFile();
  for (const part of ["", "-wal"]) if (existsSync(file + part)) copyFileSync(file + part, copy + part);
  const db = await open(copy);
  const seen = await look(factoryOf(db));
  await db.close();
  return seen;
}

export const result = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

/** Resolves to "complete" or to the name of the error that aborted it. */
export const outcome = (tx: IDBTransaction) =>
  new Promise<string>((resolve) => {
    tx.addEventListener("complete", () => resolve("complete"));
    tx.addEventListener("abort", () => resolve(tx.error?.name ?? "aborted"));
  });

export function openDatabase(
  factory: IDBFactory,
  name: string,
  version?: number,
  upgrade?: (database: IDBDatabase, tx: IDBTransaction) => void,
): Promise<IDBDatabase> {
  const request = factory.open(name, version);
  request.addEventListener("upgradeneeded", () => {
    if (request.transaction) upgrade?.(request.result, request.transaction);
  });
  return result(request);
}

/** The database most tests want: one store "things" with keys of its own. */
export const openThings = (factory: IDBFactory) =>
  openDatabase(factory, "db", 1, (database) => database.createObjectStore("things"));

export async function put(database: IDBDatabase, key: IDBValidKey, value: unknown): Promise<string> {
  const tx = database.transaction("things", "readwrite");
  tx.objectStore("things").put(value, key);
  return outcome(tx);
}

export const get = (database: IDBDatabase, key: IDBValidKey): Promise<unknown> =>
  result(database.transaction("things").objectStore("things").get(key));
