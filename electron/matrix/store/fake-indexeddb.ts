/**
 * The seam with fake-indexeddb 6.2.8 (pinned): what we use of its insides, none of which it types or exports. Its API layer (keys,
 * ranges, cursors, scopes, order of events) is kept; where records live and when a transaction is complete is ours.
 */
import * as fake from "fake-indexeddb";

import type { Key, KeyRange } from "./key-bytes.ts";

export interface RawRecord {
  readonly key: Key;
  readonly value: unknown;
}

/** Its store of records (a binary tree in memory), of an object store or of an index: there, a value is the primary key. */
export interface RawRecords {
  get(key: Key | KeyRange): RawRecord | undefined;
  /** Returns the record it replaced. @throws DOMException ConstraintError when there is one and `noOverwrite` */
  put(record: RawRecord, noOverwrite?: boolean): RawRecord | undefined;
  delete(key: Key | KeyRange): readonly RawRecord[];
  deleteByKeyAndValue(key: Key, value: unknown): void;
  clear(): readonly RawRecord[];
  values(range?: KeyRange, direction?: Direction): Iterable<RawRecord>;
  size(): number;
}

export type Direction = "next" | "nextunique" | "prev" | "prevunique";

export interface RawIndex {
  name: string;
  readonly keyPath: string | readonly string[];
  readonly multiEntry: boolean;
  readonly unique: boolean;
  initialized: boolean;
  records: RawRecords;
  count(range?: KeyRange): number;
}

export interface RawStore {
  name: string;
  readonly keyPath: string | readonly string[] | null;
  readonly autoIncrement: boolean;
  readonly keyGenerator: { num: number } | null;
  records: RawRecords;
  rawIndexes: Map<string, RawIndex>;
  count(range?: KeyRange): number;
  storeRecord(record: RawRecord, noOverwrite: boolean, rollbackLog?: unknown[]): Key;
  deleteRecord(key: Key | KeyRange, rollbackLog?: unknown[]): void;
  clear(rollbackLog?: unknown[]): void;
}

export interface RawTransaction {
  readonly mode: "readonly" | "readwrite" | "versionchange";
  readonly _scope: ReadonlySet<string>;
  readonly _state: "active" | "inactive" | "committing" | "finished";
  _started: boolean;
  /** Runs the next request; without one, completes. */
  _start(): void;
  _abort(errorName: string | null): void;
  dispatchEvent(event: { readonly type: string }): boolean;
}

export interface RawDatabase {
  readonly name: string;
  readonly version: number;
  rawObjectStores: Map<string, RawStore>;
  readonly transactions: RawTransaction[];
}

/** An `IDBFactory`; main is compiled without the DOM's types. */
export interface Factory {
  open(name: string, version?: number): OpenRequest;
  _databases: Map<string, RawDatabase>;
}

interface OpenRequest {
  readonly result: {
    readonly _rawDatabase: RawDatabase;
    createObjectStore(name: string): { createIndex(name: string, keyPath: string): unknown };
    close(): void;
  };
  readonly error: Error | null;
  addEventListener(type: "upgradeneeded" | "success" | "error", listener: () => void): void;
}

export interface RawClasses {
  readonly Database: new (name: string, version: number) => RawDatabase;
  readonly ObjectStore: new (
    database: RawDatabase,
    name: string,
    keyPath: RawStore["keyPath"],
    autoIncrement: boolean,
  ) => RawStore;
  readonly Index: new (
    store: RawStore,
    name: string,
    keyPath: RawIndex["keyPath"],
    multiEntry: boolean,
    unique: boolean,
  ) => RawIndex;
}

export const newFactory = (): Factory => new fake.IDBFactory() as unknown as Factory;

export const isKeyRange = (key: Key | KeyRange): key is KeyRange => key instanceof fake.IDBKeyRange;

/** The classes behind databases, stores and indexes, which only an open database leads to. */
export async function rawClasses(): Promise<RawClasses> {
  const request = newFactory().open("probe", 1);
  await new Promise<void>((resolve, reject) => {
    request.addEventListener("upgradeneeded", () =>
      request.result.createObjectStore("store").createIndex("index", "key"),
    );
    request.addEventListener("success", () => resolve());
    request.addEventListener("error", () => reject(request.error));
  });
  const database = request.result._rawDatabase;
  request.result.close();
  const store = database.rawObjectStores.get("store");
  return {
    Database: database.constructor,
    ObjectStore: store?.constructor,
    Index: store?.rawIndexes.get("index")?.constructor,
  } as unknown as RawClasses;
}

const classes = {
  IDBCursor: fake.IDBCursor,
  IDBCursorWithValue: fake.IDBCursorWithValue,
  IDBDatabase: fake.IDBDatabase,
  IDBFactory: fake.IDBFactory,
  IDBIndex: fake.IDBIndex,
  IDBKeyRange: fake.IDBKeyRange,
  IDBObjectStore: fake.IDBObjectStore,
  IDBOpenDBRequest: fake.IDBOpenDBRequest,
  IDBRequest: fake.IDBRequest,
  IDBTransaction: fake.IDBTransaction,
  IDBVersionChangeEvent: fake.IDBVersionChangeEvent,
};

/** Makes `indexedDB` and its classes global, where matrix-sdk-crypto-wasm looks for them. One database a process. */
export function installGlobally(indexedDB: Factory): void {
  for (const [name, value] of Object.entries({ indexedDB, ...classes }))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
