import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";

import { AppError, codeOf } from "../../shared/errors.ts";
import { sqliteFault } from "./sqlite-fault.ts";

/** The app's own small file: what outlives a run and belongs to no account store. Values are JSON or sealed bytes. */
export class Database {
  readonly #sql: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws AppError `store-corrupt`, `store-locked`, `disk-full` */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    let sql: DatabaseSync | undefined;
    try {
      sql = new DatabaseSync(file);
      sql.exec(
        `PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE IF NOT EXISTS entry(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;`,
      );
      // The file is small, so all of it is looked at now: later there is nobody to tell.
      const found = sql.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
      if (found !== "ok") throw new AppError("store-corrupt", `${file}: ${String(found)}`);
      this.#sql = sql;
    } catch (cause) {
      sql?.close();
      throw sqliteFault(cause, `open ${file}`);
    }
  }

  /** The JSON value under a name, unparsed as to its shape; undefined where there is none or it is not JSON. */
  json(name: string): unknown {
    const bytes = this.bytes(name);
    try {
      return bytes && JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return undefined;
    }
  }

  setJson(name: string, value: unknown): void {
    this.setBytes(name, new TextEncoder().encode(JSON.stringify(value)));
  }

  bytes(name: string): Uint8Array | undefined {
    const row = this.#sql.prepare("SELECT value FROM entry WHERE name = ?").get(name);
    return row?.["value"] instanceof Uint8Array ? row["value"] : undefined;
  }

  /** @throws AppError `disk-full` */
  setBytes(name: string, value: Uint8Array): void {
    try {
      this.#sql
        .prepare("INSERT INTO entry VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        .run(name, value);
    } catch (cause) {
      throw sqliteFault(cause, `write ${name}`);
    }
  }

  delete(name: string): void {
    this.#sql.prepare("DELETE FROM entry WHERE name = ?").run(name);
  }

  /** A statement of our own over a table beside `entry`. @throws AppError `disk-full`, `store-locked`, `store-corrupt` */
  run(sql: string, ...values: readonly SQLInputValue[]): void {
    try {
      this.#statement(sql).run(...values);
    } catch (cause) {
      throw sqliteFault(cause, sql);
    }
  }

  /** What a query finds, unparsed. @throws AppError as `run` */
  rows(sql: string, ...values: readonly SQLInputValue[]): readonly Record<string, SQLOutputValue>[] {
    try {
      return this.#statement(sql).all(...values);
    } catch (cause) {
      throw sqliteFault(cause, sql);
    }
  }

  /** All that `work` writes, or nothing of it where it throws. Not to be nested. @throws AppError as `run` */
  together(work: () => void): void {
    this.run("BEGIN IMMEDIATE");
    try {
      work();
      this.run("COMMIT");
    } catch (error) {
      // Some faults, as a full disk, have rolled it back already.
      if (this.#sql.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#sql.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#sql.close();
  }
}

/**
 * Opens the file. One that is damaged is set aside, with its journals and as it is, and a new one begun; `setAside` then says where.
 * @throws AppError `store-locked`, `disk-full`
 */
export function openDatabase(file: string, now: Date): { database: Database; setAside: string | null } {
  try {
    return { database: new Database(file), setAside: null };
  } catch (error) {
    if (codeOf(error) !== "store-corrupt") throw error;
    const setAside = `${file}.damaged-${now.toISOString().replaceAll(/[:.]/g, "-")}`;
    for (const part of ["", "-wal", "-shm"])
      if (existsSync(file + part)) renameSync(file + part, setAside + part);
    return { database: new Database(file), setAside };
  }
}
