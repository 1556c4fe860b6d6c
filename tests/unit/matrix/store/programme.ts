import * as fc from "fast-check";

/** Random but valid IndexedDB programmes over the schema of `differential.test.ts`. Few keys, so that they meet. */
export type Source = { store: StoreName; index?: string };
export type StoreName = "plain" | "people" | "auto";
export type KeyLike = IDBValidKey;

export interface RangeSpec {
  lower?: KeyLike;
  upper?: KeyLike;
  lowerOpen: boolean;
  upperOpen: boolean;
}

export type CursorStep =
  | { do: "continue" }
  | { do: "continueTo"; key: KeyLike }
  | { do: "continueToPrimary"; key: KeyLike; primary: KeyLike }
  | { do: "advance"; count: number }
  | { do: "update"; value: object }
  | { do: "delete" };

export type Operation =
  | { do: "put" | "add"; store: StoreName; value: object; key: KeyLike }
  | { do: "delete"; store: StoreName; query: KeyLike | RangeSpec }
  | { do: "clear"; store: StoreName }
  | { do: "get" | "getKey"; source: Source; query: KeyLike | RangeSpec }
  | {
      do: "getAll" | "getAllKeys";
      source: Source;
      range: RangeSpec | null;
      count: number;
      direction: IDBCursorDirection;
    }
  | { do: "count"; source: Source; range: RangeSpec | null }
  | {
      do: "openCursor" | "openKeyCursor";
      source: Source;
      range: RangeSpec | null;
      direction: IDBCursorDirection;
      steps: CursorStep[];
    };

export interface TransactionSpec {
  mode: "readonly" | "readwrite";
  scope: StoreName[];
  operations: Operation[];
  /** Aborts after so many operations were asked for. */
  abortAfter: number | null;
  /** Whether a failing request may pass without aborting all. */
  forgiving: boolean;
}

export type UpgradeSpec = {
  upgrade: "addIndex" | "dropIndex" | "remakePlain" | "renamePlain";
  abort: boolean;
};
export type Round = TransactionSpec[] | UpgradeSpec | "reopen";

export const indexes: Record<StoreName, string[]> = {
  plain: [],
  people: ["byAge", "byName", "byTag", "byTagOnce", "byBoth"],
  auto: ["byAge"],
};

const simple = fc.constantFrom<KeyLike[]>(
  -1.5,
  0,
  1,
  2,
  3,
  Infinity,
  "",
  "a",
  "a\0",
  "ab",
  "ü\ud800",
  new Date(0),
  new Date(5),
  Uint8Array.of(0).buffer,
  Uint8Array.of(0, 200).buffer,
);
const key: fc.Arbitrary<KeyLike> = fc.oneof(
  { arbitrary: simple, weight: 5 },
  { arbitrary: fc.array(simple, { maxLength: 2 }), weight: 1 },
);

const range: fc.Arbitrary<RangeSpec> = fc.record(
  { lower: key, upper: key, lowerOpen: fc.boolean(), upperOpen: fc.boolean() },
  { requiredKeys: ["lowerOpen", "upperOpen"] },
);

const notAKey = fc.constantFrom<unknown[]>(null, true, { a: 1 });
const value = fc.record(
  {
    id: key,
    name: fc.oneof(key, key, notAKey),
    age: fc.oneof(fc.integer({ min: 0, max: 2 }), key),
    tags: fc.oneof(key, fc.array(fc.oneof(key, key, notAKey), { maxLength: 3 })),
    bytes: fc.uint8Array({ maxLength: 3 }),
  },
  { requiredKeys: ["id"] },
);

const storeName = fc.constantFrom<StoreName[]>("plain", "people", "people", "people", "auto");
const source: fc.Arbitrary<Source> = storeName.chain((store) =>
  fc.oneof(fc.constant({ store }), ...indexes[store].map((index) => fc.constant({ store, index }))),
);

const step: fc.Arbitrary<CursorStep> = fc.oneof(
  fc.constant({ do: "continue" as const }),
  fc.record({ do: fc.constant("continueTo" as const), key }),
  fc.record({ do: fc.constant("continueToPrimary" as const), key, primary: key }),
  fc.record({ do: fc.constant("advance" as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant("update" as const), value }),
  fc.constant({ do: "delete" as const }),
);

const direction = fc.constantFrom<IDBCursorDirection[]>("next", "nextunique", "prev", "prevunique");
const rangeOrAll = fc.option(range);
const write = fc.record({
  do: fc.constantFrom("put" as const, "put" as const, "add" as const),
  store: storeName,
  value,
  key,
});
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: write, weight: 8 },
  {
    arbitrary: fc.record({
      do: fc.constant("delete" as const),
      store: storeName,
      query: fc.oneof(key, range),
    }),
    weight: 2,
  },
  fc.record({ do: fc.constant("clear" as const), store: storeName }),
  fc.record({ do: fc.constantFrom("get" as const, "getKey" as const), source, query: fc.oneof(key, range) }),
  fc.record({
    do: fc.constantFrom("getAll" as const, "getAllKeys" as const),
    source,
    range: rangeOrAll,
    count: fc.integer({ min: 0, max: 4 }),
    direction,
  }),
  fc.record({ do: fc.constant("count" as const), source, range: rangeOrAll }),
  {
    arbitrary: fc.record({
      do: fc.constantFrom("openCursor" as const, "openKeyCursor" as const),
      source,
      range: rangeOrAll,
      direction,
      steps: fc.array(step, { maxLength: 5 }),
    }),
    weight: 4,
  },
);

const transaction: fc.Arbitrary<TransactionSpec> = fc.record({
  mode: fc.constantFrom("readonly" as const, "readwrite" as const, "readwrite" as const),
  scope: fc.constantFrom<StoreName[][]>(
    ["plain", "people", "auto"],
    ["plain", "people", "auto"],
    ["people"],
    ["plain", "auto"],
  ),
  operations: fc.array(operation, { maxLength: 12 }),
  abortAfter: fc.option(fc.nat(6), { freq: 4 }),
  forgiving: fc.boolean(),
});

const upgrade: fc.Arbitrary<UpgradeSpec> = fc.record({
  upgrade: fc.constantFrom<UpgradeSpec["upgrade"][]>("addIndex", "dropIndex", "remakePlain", "renamePlain"),
  abort: fc.boolean(),
});

export const programme: fc.Arbitrary<Round[]> = fc.array(
  fc.oneof(
    { arbitrary: fc.array(transaction, { minLength: 1, maxLength: 4 }), weight: 6 },
    { arbitrary: upgrade, weight: 1 },
    { arbitrary: fc.constant("reopen" as const), weight: 1 },
  ),
  { minLength: 1, maxLength: 8 },
);
