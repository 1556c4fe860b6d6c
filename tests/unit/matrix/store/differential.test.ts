import { IDBFactory } from "fake-indexeddb";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { programme } from "./programme.ts";
import { run } from "./run-programme.ts";
import { factoryOf, newFile, open } from "./stores.ts";

const RUNS = 150;

test(
  "random transactions, upgrades and restarts are seen alike in memory and in SQLite",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(programme, async (rounds) => {
        const inMemory = new IDBFactory();
        const expected = await run(
          rounds,
          async () => inMemory,
          async () => inMemory,
        );
        const file = newFile();
        let db = await open(file);
        const seen = await run(
          rounds,
          async () => factoryOf(db),
          async () => {
            await db.close();
            db = await open(file);
            return factoryOf(db);
          },
        );
        await db.close();
        expect(seen).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  },
);
