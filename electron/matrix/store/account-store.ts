import { IndexedDBStore, type MatrixClient } from "matrix-js-sdk";

import type { AppError } from "../../../shared/errors.ts";
import type { Fetch } from "../http.ts";
import { openIndexedDb, type SqliteIndexedDb } from "./indexed-db.ts";

export interface AccountStoreOptions {
  /** The disk is full: nothing is lost, syncing waits until there is room. Called each time it is found so. */
  readonly onFull: () => void;
  /** Every failure of the file while it is open, for the log. */
  readonly onFailure?: (error: AppError) => void;
}

/** What one signed-in device keeps: sync state and crypto, in one file. */
export class AccountStore {
  /** For `createClient({ store })`. */
  readonly syncStore: IndexedDBStore;
  readonly #db: SqliteIndexedDb;
  readonly #failure: () => AppError | null;
  #started = false;

  /** Use `openAccountStore`. */
  constructor(db: SqliteIndexedDb, failure: () => AppError | null = () => null) {
    this.#db = db;
    this.#failure = failure;
    this.syncStore = new IndexedDBStore({ indexedDB: db.indexedDB, dbName: "sync" });
    keepThroughFailures(this.syncStore);
  }

  /** What last failed in the file: who reads it hears of it in other words. */
  get failure(): AppError | null {
    return this.#failure();
  }

  /** For `createClient({ fetchFn })`: nothing that is not on disk yet leaves the process. */
  wrapFetch(fetch: Fetch): Fetch {
    return async (input, init) => {
      await this.#db.settled();
      return fetch(input, init);
    };
  }

  /** Loads what was kept into a new client and starts its crypto, with 32 bytes that seal it. Before `startClient`. */
  async start(client: MatrixClient, storageKey: Uint8Array): Promise<void> {
    await this.syncStore.startup();
    this.#started = true;
    this.#db.installGlobally();
    await client.initRustCrypto({ useIndexedDB: true, cryptoDatabasePrefix: "crypto", storageKey });
    batchCrypto(client, this.#db);
  }

  /** After `stopClient`: the SDK itself keeps the sync token at the first sync and then only every five minutes. */
  async close(): Promise<void> {
    // What is damaged is left as it is.
    if (this.#started && this.failure?.code !== "store-corrupt") await this.syncStore.save(true);
    await this.#db.close();
  }
}

/** @throws AppError `store-locked`, `store-corrupt`, `disk-full` */
export async function openAccountStore(file: string, options: AccountStoreOptions): Promise<AccountStore> {
  let failure: AppError | null = null;
  const onFailure = (error: AppError) => {
    failure = error;
    options.onFailure?.(error);
    if (error.code === "disk-full") options.onFull();
  };
  return new AccountStore(await openIndexedDb(file, { onFailure }), () => failure);
}

/** `client.getCrypto()` is the SDK's RustCrypto, which holds its machine in a private field. */
interface RustCrypto {
  readonly olmMachine: { receiveSyncChanges: (...changes: readonly unknown[]) => Promise<unknown> };
}

/**
 * Makes each batch of to-device messages one commit. By itself it is several: a new Olm session first and alone, the room keys that
 * came in it last, so that a kill in between loses them for good (the message, when it comes again, no longer decrypts).
 */
function batchCrypto(client: MatrixClient, db: SqliteIndexedDb): void {
  // The one way to it; a client without crypto fails here.
  const { olmMachine } = client.getCrypto() as unknown as RustCrypto;
  const receive = olmMachine.receiveSyncChanges.bind(olmMachine);
  olmMachine.receiveSyncChanges = (...changes) => db.batch(() => receive(...changes));
}

/**
 * The SDK's store answers a failed write by deleting its database, for an initial sync at the next start. What it writes here
 * is whole in memory and written again the next time, and whoever asked `onFailure` knows.
 */
function keepThroughFailures({ backend }: IndexedDBStore): void {
  const { syncToDatabase, storeClientOptions, setOutOfBandMembers } = backend;
  backend.syncToDatabase = (users) => syncToDatabase.call(backend, users).catch(() => {});
  backend.storeClientOptions = (options) => storeClientOptions.call(backend, options).catch(() => {});
  backend.setOutOfBandMembers = (room, members) =>
    setOutOfBandMembers.call(backend, room, members).catch(() => {});
}
