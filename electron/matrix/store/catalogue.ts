import type { DatabaseSync } from "node:sqlite";

import type { RawClasses, RawDatabase, RawIndex, RawStore } from "./fake-indexeddb.ts";
import { SqlRecords, Table, TABLES } from "./records.ts";
import type { Writer } from "./writer.ts";

interface IndexEntry {
  readonly id: number;
  readonly name: string;
  readonly keyPath: RawIndex["keyPath"];
  readonly multiEntry: boolean;
  readonly unique: boolean;
}

interface StoreEntry {
  readonly id: number;
  readonly name: string;
  readonly keyPath: RawStore["keyPath"];
  readonly autoIncrement: boolean;
  readonly indexes: readonly IndexEntry[];
}

/** Which IndexedDB databases, stores and indexes there are, and under which number the records of each lie. */
export class Catalogue {
  readonly #sql: DatabaseSync;
  readonly #writer: Writer;
  readonly #records: Table;
  readonly #entries: Table;
  #lastId = 0;

  constructor(sql: DatabaseSync, writer: Writer) {
    this.#sql = sql;
    this.#writer = writer;
    sql.exec(`${TABLES}
      CREATE TABLE IF NOT EXISTS catalogue(database TEXT PRIMARY KEY, version INTEGER NOT NULL, stores TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS generator(store INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;`);
    this.#records = new Table(sql, "record");
    this.#entries = new Table(sql, "entry");
  }

  storeRecords(id: number = ++this.#lastId): SqlRecords {
    return new SqlRecords(this.#writer, this.#records, "store", id);
  }

  indexRecords(id: number = ++this.#lastId): SqlRecords {
    return new SqlRecords(this.#writer, this.#entries, "index", id);
  }

  /** Everything there is, as fake-indexeddb holds it: the shape alone, no record. */
  load({ Database, ObjectStore, Index }: RawClasses): RawDatabase[] {
    return this.#sql
      .prepare("SELECT database, version FROM catalogue")
      .all()
      .map((row) => {
        const database = new Database(String(row["database"]), Number(row["version"]));
        for (const entry of this.#entry(database.name)) {
          const store = new ObjectStore(database, entry.name, entry.keyPath, entry.autoIncrement);
          store.records = this.storeRecords(entry.id);
          if (store.keyGenerator) store.keyGenerator.num = this.#lastGenerated(entry.id);
          for (const { id, name, keyPath, multiEntry, unique } of entry.indexes) {
            const index = new Index(store, name, keyPath, multiEntry, unique);
            index.records = this.indexRecords(id);
            index.initialized = true;
            store.rawIndexes.set(name, index);
          }
          database.rawObjectStores.set(entry.name, store);
          this.#lastId = Math.max(this.#lastId, ...idsOf(entry));
        }
        return database;
      });
  }

  /** Keeps a database's new shape and drops the records of what is no longer in it. */
  save(database: RawDatabase): void {
    const entry = [...database.rawObjectStores.values()].map(describe);
    const kept = new Set(entry.flatMap(idsOf));
    this.#drop(
      this.#entry(database.name)
        .flatMap(idsOf)
        .filter((id) => !kept.has(id)),
    );
    const put = this.#sql.prepare("INSERT OR REPLACE INTO catalogue VALUES(?, ?, ?)");
    this.#writer.write(() => put.run(database.name, database.version, JSON.stringify(entry)));
  }

  saveGenerators(database: RawDatabase, storeNames: Iterable<string>): void {
    for (const name of storeNames) {
      const store = database.rawObjectStores.get(name);
      if (!store?.keyGenerator) continue;
      const { num } = store.keyGenerator;
      const id = idOf(store);
      if (num === this.#lastGenerated(id)) continue;
      const put = this.#sql.prepare("INSERT OR REPLACE INTO generator VALUES(?, ?)");
      this.#writer.write(() => put.run(id, num));
    }
  }

  remove(name: string): void {
    this.#drop(this.#entry(name).flatMap(idsOf));
    const remove = this.#sql.prepare("DELETE FROM catalogue WHERE database = ?");
    this.#writer.write(() => remove.run(name));
  }

  #entry(database: string): readonly StoreEntry[] {
    const row = this.#sql.prepare("SELECT stores FROM catalogue WHERE database = ?").get(database);
    // Written by `save`.
    return row ? (JSON.parse(String(row["stores"])) as readonly StoreEntry[]) : [];
  }

  #drop(ids: readonly number[]): void {
    for (const table of ["record", "entry", "generator"]) {
      const remove = this.#sql.prepare(`DELETE FROM ${table} WHERE store = ?`);
      for (const id of ids) this.#writer.write(() => remove.run(id));
    }
  }

  #lastGenerated(id: number): number {
    return Number(this.#sql.prepare("SELECT last FROM generator WHERE store = ?").get(id)?.["last"] ?? 0);
  }
}

const describe = (store: RawStore): StoreEntry => ({
  id: idOf(store),
  name: store.name,
  keyPath: store.keyPath,
  autoIncrement: store.autoIncrement,
  indexes: [...store.rawIndexes.values()].map((index) => ({
    id: idOf(index),
    name: index.name,
    keyPath: index.keyPath,
    multiEntry: index.multiEntry,
    unique: index.unique,
  })),
});

const idOf = ({ records }: RawStore | RawIndex): number => {
  if (records instanceof SqlRecords) return records.id;
  throw new TypeError("a store whose records are in memory");
};

const idsOf = (store: StoreEntry): number[] => [store.id, ...store.indexes.map((index) => index.id)];
