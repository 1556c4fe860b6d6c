import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { Deserializer, Serializer } from "node:v8";

import { type Direction, isKeyRange, type RawRecord, type RawRecords } from "./fake-indexeddb.ts";
import {
  type ByteRange,
  everything,
  type Key,
  keyBytes,
  type KeyRange,
  past,
  rangeBytes,
  readKey,
} from "./key-bytes.ts";
import type { Writer } from "./writer.ts";

/** Index entries are short and all key, so they need no row of their own; records may be long. */
export const TABLES = `
  CREATE TABLE IF NOT EXISTS record(store INTEGER NOT NULL, key BLOB NOT NULL, value BLOB, UNIQUE(store, key)) STRICT;
  CREATE TABLE IF NOT EXISTS entry(store INTEGER NOT NULL, key BLOB NOT NULL, value BLOB, PRIMARY KEY(store, key)) STRICT, WITHOUT ROWID;`;

/** The few things done to a table, prepared once: every range is half open, in bytes. */
export class Table {
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly count: StatementSync;
  readonly forward: StatementSync;
  readonly backward: StatementSync;

  constructor(sql: DatabaseSync, name: "record" | "entry") {
    const within = `FROM ${name} WHERE store = ? AND key >= ? AND key < ?`;
    this.put = sql.prepare(
      `INSERT INTO ${name} VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    );
    this.remove = sql.prepare(`DELETE ${within}`);
    this.count = sql.prepare(`SELECT count(*) AS n ${within}`);
    this.forward = sql.prepare(`SELECT key, value ${within} ORDER BY key LIMIT ?`);
    this.backward = sql.prepare(`SELECT key, value ${within} ORDER BY key DESC LIMIT ?`);
  }
}

interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** How a record is one row: `value` of a record in a store, primary key behind the key in an index. */
interface Layout {
  row(record: RawRecord): Row;
  record(row: Row): RawRecord;
}

const storeLayout: Layout = {
  row: ({ key, value }) => ({ key: keyBytes(key), value: serialize(value) }),
  record: (row) => ({
    key: readKey(row.key).key,
    // Often only the key is wanted.
    get value() {
      return deserialize(row.value);
    },
  }),
};

const indexLayout: Layout = {
  // An index's values are primary keys.
  row: ({ key, value }) => ({ key: keyBytes(key, value as Key), value: null }),
  record: (row) => {
    const { key, end } = readKey(row.key);
    return { key, value: readKey(row.key, end).key };
  },
};

const FIRST_PAGE = 2;
const LAST_PAGE = 512;

/** fake-indexeddb's records, living in SQLite: what is read is what is asked for, a page at a time. */
export class SqlRecords implements RawRecords {
  readonly id: number;
  readonly #table: Table;
  readonly #layout: Layout;
  readonly #writer: Writer;

  constructor(writer: Writer, table: Table, kind: "store" | "index", id: number) {
    this.id = id;
    this.#table = table;
    this.#layout = kind === "store" ? storeLayout : indexLayout;
    this.#writer = writer;
  }

  get(key: Key | KeyRange): RawRecord | undefined {
    const [row] = this.#rows(bytesOf(key), false, 1);
    return row && this.#layout.record(row);
  }

  put(record: RawRecord, noOverwrite = false): RawRecord | undefined {
    const row = this.#layout.row(record);
    const [old] = this.#rows({ from: row.key, to: past(row.key) }, false, 1);
    if (old && noOverwrite) throw new DOMException("the key is taken", "ConstraintError");
    this.#writer.write(() => this.#table.put.run(this.id, row.key, row.value));
    return old && this.#layout.record(old);
  }

  delete(key: Key | KeyRange): readonly RawRecord[] {
    const range = bytesOf(key);
    const rows = this.#rows(range, false, -1);
    this.#remove(range);
    return rows.map((row) => this.#layout.record(row));
  }

  deleteByKeyAndValue(key: Key, value: unknown): void {
    const row = this.#layout.row({ key, value });
    this.#remove({ from: row.key, to: past(row.key) });
  }

  /** Returns nothing: what fake-indexeddb would need to undo it, SQLite has. */
  clear(): readonly RawRecord[] {
    this.#remove(everything);
    return [];
  }

  size(): number {
    return this.count();
  }

  count(range?: KeyRange): number {
    const { from, to } = range ? rangeBytes(range) : everything;
    return Number(this.#writer.attempt(() => this.#table.count.get(this.id, from, to))?.["n"] ?? 0);
  }

  *values(range?: KeyRange, direction: Direction = "next"): Generator<RawRecord> {
    let { from, to } = range ? rangeBytes(range) : everything;
    const backward = direction.startsWith("prev");
    const unique = direction.endsWith("unique");
    // A cursor takes one record, `getAll` takes all.
    for (let page = unique ? 1 : FIRST_PAGE; ; page = unique ? 1 : Math.min(page * 8, LAST_PAGE)) {
      const rows = this.#rows({ from, to }, backward, page);
      for (const row of rows) {
        const record = this.#layout.record(row);
        // Of several entries with one key the lowest counts, in either direction.
        yield direction === "prevunique" ? (this.get(record.key) ?? record) : record;
      }
      const last = rows.at(-1);
      if (!last || rows.length < page) return;
      const edge = unique ? last.key.subarray(0, readKey(last.key).end) : last.key;
      if (backward) to = edge;
      else from = past(edge);
    }
  }

  #rows({ from, to }: ByteRange, backward: boolean, limit: number): Row[] {
    const statement = backward ? this.#table.backward : this.#table.forward;
    return this.#writer
      .attempt(() => statement.all(this.id, from, to, limit))
      .map(({ key, value }) => ({ key: blob(key) ?? new Uint8Array(), value: blob(value) }));
  }

  #remove({ from, to }: ByteRange): void {
    this.#writer.write(() => this.#table.remove.run(this.id, from, to));
  }
}

const bytesOf = (key: Key | KeyRange): ByteRange => {
  if (isKeyRange(key)) return rangeBytes(key);
  const from = keyBytes(key);
  return { from, to: past(from) };
};

const blob = (value: SQLOutputValue | undefined): Uint8Array | null =>
  value instanceof Uint8Array ? value : null;

// Not v8.serialize: what that reads back shares one buffer between all typed arrays of a value.
function serialize(value: unknown): Uint8Array {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

function deserialize(bytes: Uint8Array | null): unknown {
  if (!bytes) return undefined;
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
