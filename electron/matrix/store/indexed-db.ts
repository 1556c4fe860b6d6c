import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";

import { AppError } from "../../../shared/errors.ts";
import { Catalogue } from "./catalogue.ts";
import { freeBytes, waitForRoom } from "./disk-space.ts";
import {
  type Factory,
  installGlobally,
  newFactory,
  type RawClasses,
  rawClasses,
  type RawDatabase,
  type RawIndex,
  type RawStore,
} from "./fake-indexeddb.ts";
import { SqlRecords } from "./records.ts";
import { sqliteFault } from "../../state/sqlite-fault.ts";
import { persistTransaction } from "./transaction.ts";
import { Writer, type WriterOptions } from "./writer.ts";

/** A persistent IndexedDB: the API is fake-indexeddb's, the records live in one SQLite file, in memory is only their shape. */
export class SqliteIndexedDb {
  /** An `IDBFactory`. */
  readonly indexedDB: Factory;
  readonly #writer: Writer;
  readonly #catalogue: Catalogue;

  /** Use `openIndexedDb`. */
  constructor(sql: DatabaseSync, classes: RawClasses, options: WriterOptions) {
    this.#writer = new Writer(sql, options);
    this.#catalogue = new Catalogue(sql, this.#writer);
    this.indexedDB = newFactory();
    this.indexedDB._databases = new WatchedMap<RawDatabase>(
      (database) => this.#adoptDatabase(database),
      (name) => this.#remove(name),
    );
    for (const database of this.#catalogue.load(classes))
      this.indexedDB._databases.set(database.name, database);
  }

  /** Makes this the process's `indexedDB`, with its classes: matrix-sdk-crypto-wasm takes what is global. */
  installGlobally(): void {
    installGlobally(this.indexedDB);
  }

  /**
   * Makes the transactions within `work` durable at once. For what is several transactions but loses something when the process
   * dies between them. Until it ends, what they say is complete is not on disk: see `settled`. Must not nest.
   * @throws AppError `disk-full` when nothing of it was kept
   */
  batch<T>(work: () => Promise<T>): Promise<T> {
    return this.#writer.batch(work);
  }

  /** Resolves when all that is complete is on disk: what tells others of it may leave. @throws AppError when it was lost */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** Waits for the transactions and batches that there are; later ones fail. */
  async close(): Promise<void> {
    await this.#writer.endBatches();
    // Without requests they end by themselves.
    const open = [...this.indexedDB._databases.values()].flatMap(({ transactions }) => [...transactions]);
    while (open.some((tx) => tx._state !== "finished")) await nextTurn();
    await this.#writer.close();
  }

  #adoptDatabase(database: RawDatabase): void {
    const { transactions } = database;
    for (const store of database.rawObjectStores.values()) this.#adoptStore(store);
    database.rawObjectStores = new WatchedMap(
      (store) => this.#adoptStore(store),
      undefined,
      database.rawObjectStores,
    );
    transactions.push = (...added) => {
      for (const tx of added)
        persistTransaction(tx, database, this.#writer, () => {
          if (tx.mode === "versionchange") this.#catalogue.save(database);
          this.#catalogue.saveGenerators(database, tx._scope);
        });
      return Array.prototype.push.apply(transactions, added);
    };
  }

  #adoptStore(store: RawStore): void {
    if (adopted.has(store)) return;
    adopted.add(store);
    const records = store.records instanceof SqlRecords ? store.records : this.#catalogue.storeRecords();
    store.records = records;
    store.count = (range) => records.count(range);
    // Without a log: SQLite undoes records, so nothing need be kept in memory to undo them.
    const { storeRecord, deleteRecord, clear } = store;
    store.storeRecord = (record, noOverwrite) => storeRecord.call(store, record, noOverwrite);
    store.deleteRecord = (key) => deleteRecord.call(store, key);
    store.clear = () => clear.call(store);
    for (const index of store.rawIndexes.values()) this.#adoptIndex(index);
    store.rawIndexes = new WatchedMap((index) => this.#adoptIndex(index), undefined, store.rawIndexes);
  }

  #adoptIndex(index: RawIndex): void {
    const records = index.records instanceof SqlRecords ? index.records : this.#catalogue.indexRecords();
    index.records = records;
    index.count = (range) => records.count(range);
  }

  /** In its turn, before anything a new database of that name will write. */
  #remove(name: string): void {
    this.#writer.take(() => {
      try {
        this.#writer.begin();
        this.#catalogue.remove(name);
        this.#writer.commit();
      } catch {
        // Told to onFailure; fake-indexeddb has already said that it is gone.
        this.#writer.rollback();
      } finally {
        this.#writer.release();
      }
    });
  }
}

const adopted = new WeakSet<RawStore>();

/** Shows what is put in before it is, and says what is taken out. */
class WatchedMap<V> extends Map<string, V> {
  readonly #before: ((value: V) => void) | undefined;
  readonly #after: ((name: string) => void) | undefined;

  constructor(
    before: (value: V) => void,
    after?: (name: string) => void,
    entries: Iterable<[string, V]> = [],
  ) {
    super();
    for (const [name, value] of entries) super.set(name, value);
    this.#before = before;
    this.#after = after;
  }

  override set(name: string, value: V): this {
    this.#before?.(value);
    return super.set(name, value);
  }

  override delete(name: string): boolean {
    const there = super.delete(name);
    if (there) this.#after?.(name);
    return there;
  }
}

/**
 * Opens or makes the file; it is this process's alone until closed.
 * @throws AppError `store-locked` when another process has it, `store-corrupt` (and the file is as it was), `disk-full`
 */
export async function openIndexedDb(
  file: string,
  options: Partial<WriterOptions> = {},
): Promise<SqliteIndexedDb> {
  const onFailure = options.onFailure ?? (() => {});
  const classes = await rawClasses();
  let sql: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    refuseLost(file);
    sql = new DatabaseSync(file);
    // FULL: a commit survives losing power. EXCLUSIVE before WAL: the lock is held from the first look until close.
    sql.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
    return new SqliteIndexedDb(sql, classes, {
      onFailure,
      roomToWrite: (closing) => waitForRoom(() => freeBytes(file), onFailure, closing),
      ...options,
    });
  } catch (cause) {
    sql?.close();
    throw cause instanceof SyntaxError
      ? new AppError("store-corrupt", `${file}: ${cause.message}`, { cause })
      : sqliteFault(cause, `open ${file}`);
  }
}

/** SQLite takes an empty file for a new one and would drop the journal beside it, which may hold everything. */
function refuseLost(file: string): void {
  const lost = existsSync(`${file}-wal`) && (!existsSync(file) || statSync(file).size === 0);
  if (lost && statSync(`${file}-wal`).size > 0)
    throw new AppError("store-corrupt", `${file} is empty beside its journal`);
}
