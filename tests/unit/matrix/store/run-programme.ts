import { IDBKeyRange } from "fake-indexeddb";
import { inspect } from "node:util";

import {
  type CursorStep,
  indexes,
  type KeyLike,
  type Operation,
  type RangeSpec,
  type Round,
  type Source,
  type TransactionSpec,
  type UpgradeSpec,
} from "./programme.ts";
import { openDatabase, result } from "./stores.ts";

/** Runs a programme and says all that could be seen of it, transaction by transaction. */
export async function run(
  programme: Round[],
  open: () => Promise<IDBFactory>,
  reopen: () => Promise<IDBFactory>,
): Promise<string[]> {
  const seen: string[] = [];
  let factory = await open();
  let version = 1;
  let database = await openDatabase(factory, "db", version, createStores);
  for (const round of programme) {
    if (round === "reopen") {
      database.close();
      factory = await reopen();
      database = await openDatabase(factory, "db");
    } else if (Array.isArray(round)) {
      const logs = await Promise.all(round.map((spec) => runTransaction(database, spec)));
      seen.push(...logs.map((log) => log.join("\n")));
    } else {
      database.close();
      const upgraded = await runUpgrade(factory, version + 1, round).catch(nameOf);
      seen.push(`${round.upgrade} ${typeof upgraded === "string" ? upgraded : "done"}`);
      if (typeof upgraded !== "string") version++;
      database = typeof upgraded === "string" ? await openDatabase(factory, "db") : upgraded;
    }
    seen.push(await dump(database));
  }
  database.close();
  return seen;
}

function createStores(database: IDBDatabase): void {
  database.createObjectStore("plain");
  const people = database.createObjectStore("people", { keyPath: "id" });
  people.createIndex("byName", "name", { unique: true });
  people.createIndex("byAge", "age");
  people.createIndex("byTag", "tags", { multiEntry: true });
  people.createIndex("byTagOnce", "tags", { multiEntry: true, unique: true });
  people.createIndex("byBoth", ["age", "name"]);
  database.createObjectStore("auto", { autoIncrement: true }).createIndex("byAge", "age");
}

function runUpgrade(
  factory: IDBFactory,
  version: number,
  { upgrade, abort }: UpgradeSpec,
): Promise<IDBDatabase> {
  return openDatabase(factory, "db", version, (database, tx) => {
    const people = tx.objectStore("people");
    // The unique one fails where two share an age.
    if (upgrade === "addIndex" && !people.indexNames.contains("late"))
      people.createIndex("late", "age", { unique: version % 2 === 0 });
    if (upgrade === "dropIndex" && people.indexNames.contains("late")) people.deleteIndex("late");
    if (upgrade === "remakePlain") {
      database.deleteObjectStore("plain");
      database.createObjectStore("plain").put("fresh", "key");
    }
    if (upgrade === "renamePlain") {
      tx.objectStore("plain").name = "old";
      database.createObjectStore("plain");
      database.deleteObjectStore("old");
    }
    if (abort) tx.abort();
  });
}

function runTransaction(database: IDBDatabase, spec: TransactionSpec): Promise<string[]> {
  const log: string[] = [];
  const tx = database.transaction(spec.scope, spec.mode);
  const ended = new Promise<void>((resolve) => {
    tx.addEventListener("complete", () => (log.push("complete"), resolve()));
    tx.addEventListener("abort", () => (log.push(`abort ${tx.error?.name}`), resolve()));
  });
  spec.operations.forEach((operation, at) => {
    if (spec.abortAfter === at) attempt(log, () => tx.abort());
    attempt(log, () => {
      const request = ask(tx, operation);
      const steps = "steps" in operation ? [...operation.steps] : [];
      request.addEventListener("success", () => {
        log.push(`${at} ${show(resultOf(request.result))}`);
        if (isCursor(request.result)) attempt(log, () => walk(request.result, steps, log, spec.forgiving));
      });
      forgive(request, spec.forgiving, (name) => log.push(`${at} ${name}`));
    });
  });
  return ended.then(() => log);
}

function ask(tx: IDBTransaction, operation: Operation): IDBRequest {
  if ("source" in operation) {
    const from = sourceOf(tx, operation.source);
    switch (operation.do) {
      case "get":
      case "getKey":
        return from[operation.do](queryOf(operation.query));
      case "getAll":
      case "getAllKeys":
        return from[operation.do](optionsOf(operation));
      case "count":
        return from.count(rangeOf(operation.range) ?? undefined);
      default:
        return from[operation.do](rangeOf(operation.range), operation.direction);
    }
  }
  const store = tx.objectStore(operation.store);
  if (operation.do === "delete") return store.delete(queryOf(operation.query));
  if (operation.do === "clear") return store.clear();
  return operation.store === "plain"
    ? store[operation.do](operation.value, operation.key)
    : store[operation.do](operation.value);
}

/** Writes at the cursor, then moves it by one step of its script, or to the end. */
function walk(cursor: IDBCursorWithValue, steps: CursorStep[], log: string[], forgiving: boolean): void {
  const step = steps.shift() ?? { do: "continue" };
  if (step.do === "update" || step.do === "delete") {
    attempt(log, () => {
      const request: IDBRequest = step.do === "delete" ? cursor.delete() : cursor.update(step.value);
      forgive(request, forgiving, (name) => log.push(`at cursor ${name}`));
    });
    cursor.continue();
  } else if (step.do === "continueTo") cursor.continue(step.key);
  else if (step.do === "continueToPrimary") cursor.continuePrimaryKey(step.key, step.primary);
  else if (step.do === "advance") cursor.advance(step.count);
  else cursor.continue();
}

/** Every record and every entry, in order, both ways. */
async function dump(database: IDBDatabase): Promise<string> {
  const tx = database.transaction(["plain", "people", "auto"]);
  const parts: unknown[] = [database.version];
  for (const store of ["plain", "people", "auto"] as const) {
    parts.push(
      store,
      await result(tx.objectStore(store).getAllKeys()),
      await result(tx.objectStore(store).getAll()),
    );
    for (const index of tx.objectStore(store).indexNames) {
      const from = tx.objectStore(store).index(index);
      parts.push(index, await result(from.count()), await result(from.getAllKeys()));
      for (const direction of ["next", "prev", "prevunique"] as const)
        parts.push(await entries(from, direction));
    }
  }
  return show(parts);
}

function entries(index: IDBIndex, direction: IDBCursorDirection): Promise<unknown[]> {
  const found: unknown[] = [];
  const request = index.openKeyCursor(null, direction);
  return new Promise((resolve, reject) => {
    request.addEventListener("error", () => reject(request.error));
    request.addEventListener("success", () => {
      if (!request.result) return resolve(found);
      found.push([request.result.key, request.result.primaryKey]);
      request.result.continue();
    });
  });
}

function forgive(request: IDBRequest, forgiving: boolean, log: (name: string | undefined) => void): void {
  request.addEventListener("error", (event) => {
    log(request.error?.name);
    if (forgiving) event.preventDefault();
  });
}

function attempt(log: string[], work: () => void): void {
  try {
    work();
  } catch (error) {
    log.push(`throws ${nameOf(error)}`);
  }
}

const sourceOf = (tx: IDBTransaction, { store, index }: Source): IDBObjectStore | IDBIndex =>
  index && indexes[store].includes(index) ? tx.objectStore(store).index(index) : tx.objectStore(store);

const isRange = (query: KeyLike | RangeSpec): query is RangeSpec =>
  typeof query === "object" && "lowerOpen" in query;

const queryOf = (query: KeyLike | RangeSpec) => (isRange(query) ? (rangeOf(query) ?? "a") : query);

/** The newer form of `getAll`, which TypeScript's types lack. */
const optionsOf = ({ range, count, direction }: Extract<Operation, { do: "getAll" | "getAllKeys" }>) =>
  ({ query: rangeOf(range), ...(count > 0 && { count }), direction }) as unknown as IDBKeyRange;

/** Only valid ranges: the others never reach a store. */
function rangeOf(range: RangeSpec | null): IDBKeyRange | null {
  if (!range) return null;
  const { lower, upper, lowerOpen, upperOpen } = range;
  try {
    if (lower !== undefined && upper !== undefined)
      return IDBKeyRange.bound(lower, upper, lowerOpen, upperOpen);
    if (lower !== undefined) return IDBKeyRange.lowerBound(lower, lowerOpen);
    return upper === undefined ? null : IDBKeyRange.upperBound(upper, upperOpen);
  } catch {
    return null;
  }
}

const isCursor = (value: unknown): value is IDBCursorWithValue =>
  typeof value === "object" && value !== null && "primaryKey" in value && "direction" in value;

const resultOf = (value: unknown): unknown =>
  isCursor(value)
    ? ["cursor", value.key, value.primaryKey, "value" in value ? value.value : "no value"]
    : value;

const show = (value: unknown) => inspect(value, { depth: null, breakLength: Infinity, maxArrayLength: null });

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));
