import type { DatabaseSync } from "node:sqlite";

import { AppError } from "../../../shared/errors.ts";
import { sqliteFault } from "../../state/sqlite-fault.ts";

export interface WriterOptions {
  /** Hears of every failure of SQLite after opening: `disk-full`, `store-corrupt`, `internal`. */
  readonly onFailure: (error: AppError) => void;
  /** Resolves when a batch may begin: who writes one cannot take it back in memory, so there should be room beforehand. */
  readonly roomToWrite: (closing: AbortSignal) => Promise<void>;
}

/** SQLite has one writer: IndexedDB transactions and batches take turns, in the order in which they asked. */
export class Writer {
  readonly #sql: DatabaseSync;
  readonly #options: WriterOptions;
  readonly #waiting: (() => void)[] = [];
  #taken = false;
  /** The open batch; settles when it is on disk, or is known never to be. */
  #batch: PromiseWithResolvers<void> | undefined;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(sql: DatabaseSync, options: WriterOptions) {
    this.#sql = sql;
    this.#options = options;
  }

  /** Calls back when it is this one's turn, which lasts until `release`. */
  take(turn: () => void): void {
    this.#waiting.push(turn);
    this.#next();
  }

  cancel(turn: () => void): void {
    const at = this.#waiting.indexOf(turn);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  release(): void {
    this.#taken = false;
    setImmediate(() => this.#next());
  }

  /** @throws DOMException, as do `commit`, `write` and `attempt` */
  begin(): void {
    if (this.#batch) this.write(() => this.#sql.exec("SAVEPOINT step"));
    else this.attempt(() => this.#sql.exec("BEGIN IMMEDIATE"));
  }

  /** What was written is on disk when this returns; in a batch, when the batch ends. */
  commit(): void {
    this.write(() => this.#sql.exec(this.#batch ? "RELEASE step" : "COMMIT"));
  }

  rollback(): void {
    // A full disk makes SQLite undo everything by itself.
    if (!this.#sql.isOpen || !this.#sql.isTransaction) return;
    try {
      this.#run(() => this.#sql.exec(this.#batch ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK"));
    } catch {
      // Told to onFailure; whoever aborts has nobody to throw to.
    }
  }

  /** Runs a statement that changes something: only ever inside a transaction that is still whole. */
  write<T>(work: () => T): T {
    return this.attempt(() => this.#whole(work));
  }

  /** Runs a statement; what fails comes out as the DOMException that IndexedDB has for it. */
  attempt<T>(work: () => T): T {
    try {
      return this.#run(work);
    } catch (error) {
      const full = error instanceof AppError && error.code === "disk-full";
      throw new DOMException(String(error), full ? "QuotaExceededError" : "UnknownError");
    }
  }

  /**
   * All that is written until `work` is done reaches the disk at once, also when it fails: this groups, it does not undo.
   * Batches follow one another and must not nest. @throws AppError `disk-full` when nothing of it was kept
   */
  async batch<T>(work: () => Promise<T>): Promise<T> {
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = done;
    try {
      await before;
      await this.#options.roomToWrite(this.#closing.signal);
      const batch = await this.#openBatch();
      try {
        return await work();
      } finally {
        await this.#closeBatch(batch);
      }
    } finally {
      end();
    }
  }

  /** Resolves when nothing that was said to be complete is still only in memory. @throws AppError as the open batch */
  async settled(): Promise<void> {
    await this.#batch?.promise;
  }

  /** Resolves when no batch is under way; one that waits for room fails. */
  async endBatches(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  /** Closes the file after the transaction that runs; later ones fail. */
  async close(): Promise<void> {
    await new Promise<void>((turn) => this.take(turn));
    if (this.#sql.isOpen) this.#sql.close();
    this.release();
  }

  async #openBatch(): Promise<PromiseWithResolvers<void>> {
    await new Promise<void>((turn) => this.take(turn));
    try {
      this.#run(() => this.#sql.exec("BEGIN IMMEDIATE"));
      this.#batch = Promise.withResolvers<void>();
      // Nobody need be waiting for it.
      this.#batch.promise.catch(() => undefined);
      return this.#batch;
    } finally {
      this.release();
    }
  }

  /** After the transaction that runs, before those that wait. */
  async #closeBatch(batch: PromiseWithResolvers<void>): Promise<void> {
    await new Promise<void>((turn) => {
      this.#waiting.unshift(turn);
      this.#next();
    });
    this.#batch = undefined;
    try {
      this.#run(() => this.#whole(() => this.#sql.exec("COMMIT")));
      batch.resolve();
    } catch (error) {
      this.rollback();
      batch.reject(error);
      throw error;
    } finally {
      this.release();
    }
  }

  #whole<T>(work: () => T): T {
    if (!this.#sql.isTransaction) throw new AppError("disk-full", "SQLite undid the transaction");
    return work();
  }

  #run<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      const fault = sqliteFault(cause, "SQLite");
      this.#options.onFailure(fault);
      throw fault;
    }
  }

  #next(): void {
    const turn = this.#taken ? undefined : this.#waiting.shift();
    if (!turn) return;
    this.#taken = true;
    turn();
  }
}
