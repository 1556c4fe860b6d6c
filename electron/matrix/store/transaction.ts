import type { RawDatabase, RawTransaction } from "./fake-indexeddb.ts";
import type { Writer } from "./writer.ts";

/**
 * Makes an IndexedDB transaction one of SQLite's: it begins on its turn, is committed before its `complete` event, and is rolled
 * back when it aborts; if the commit fails it aborts. `beforeCommit` writes what belongs to it beside its records.
 */
export function persistTransaction(
  tx: RawTransaction,
  database: RawDatabase,
  writer: Writer,
  beforeCommit: () => void,
): void {
  // One connection reads its own writes; fake-indexeddb lets no reader near a store that is being written.
  if (tx.mode === "readonly") return;
  const start = tx._start.bind(tx);
  const abort = tx._abort.bind(tx);
  const dispatch = tx.dispatchEvent.bind(tx);
  let phase: "new" | "waiting" | "writing" | "over" = "new";
  let restoreGenerators = () => {};

  const begin = () => {
    try {
      writer.begin();
    } catch (error) {
      writer.release();
      phase = "over";
      tx._abort(nameOf(error));
      return;
    }
    phase = "writing";
    restoreGenerators = rememberGenerators(tx, database);
    start();
  };

  tx._start = () => {
    if (phase !== "new" || tx._state === "finished") {
      start();
      return;
    }
    phase = "waiting";
    // So that fake-indexeddb looks at the next one instead of starting this one again.
    tx._started = true;
    writer.take(begin);
  };

  tx._abort = (errorName) => {
    abort(errorName);
    if (phase === "waiting") writer.cancel(begin);
    if (phase === "writing") {
      restoreGenerators();
      writer.rollback();
      writer.release();
    }
    phase = "over";
  };

  tx.dispatchEvent = (event) => {
    if (event.type === "complete" && phase === "writing") {
      try {
        beforeCommit();
        writer.commit();
      } catch (error) {
        tx._abort(nameOf(error));
        return true;
      }
      phase = "over";
      writer.release();
    }
    return dispatch(event);
  };
}

/** Key generators are all that fake-indexeddb keeps in memory of a transaction's records. */
function rememberGenerators(tx: RawTransaction, database: RawDatabase): () => void {
  const undo: (() => void)[] = [];
  for (const name of tx._scope) {
    const generator = database.rawObjectStores.get(name)?.keyGenerator;
    const num = generator?.num;
    if (generator && num !== undefined) undo.push(() => (generator.num = num));
  }
  return () => undo.forEach((restore) => restore());
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "UnknownError");
