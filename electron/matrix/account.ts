import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ClientEvent, createClient, HttpApiEvent, SyncState, type MatrixClient } from "matrix-js-sdk";

import { AppError, codeOf } from "../../shared/errors.ts";
import type { Log } from "../log.ts";
import { Avatars } from "./avatars.ts";
import type { Fetch } from "./http.ts";
import { hearBackup } from "./identity-crypto-end.ts";
import type { SavedSession } from "./saved-session.ts";
import { sdkLog } from "./sdk-log.ts";
import { SecretStorageKeys } from "./secret-storage.ts";
import { nameStickyRooms } from "./sticky-rooms.ts";
import { openAccountStore, type AccountStore } from "./store/account-store.ts";
import { SyncFetch } from "./sync-fetch.ts";

const REQUEST_MS = 30_000;
/** A file in the folder of an account whose store was found damaged. */
const DAMAGED = "damaged";

export interface AccountParts {
  /** Holds a folder for each device that ever signed in here. */
  readonly folder: string;
  readonly session: SavedSession;
  readonly fetch: Fetch;
  readonly log: Log;
  readonly onSync: (sync: "starting" | "live" | "offline") => void;
  /** The server ended the session of the open account (see `SessionEnded`). May be told more than once. */
  readonly onSignedOut: (soft: boolean) => void;
  readonly onDiskFull: () => void;
}

/** The server ended the session before the account was open; softly where the device and its keys stay good. */
export class SessionEnded extends AppError {
  readonly soft: boolean;

  constructor(soft: boolean) {
    super("signed-out-elsewhere");
    this.soft = soft;
  }
}

/** A signed-in, syncing Matrix client with its store on disk. */
export class Account {
  readonly client: MatrixClient;
  readonly session: SavedSession;
  readonly avatars: Avatars;
  readonly secretKeys: SecretStorageKeys;
  /** Whether the server answered since the start. */
  live = false;
  readonly #store: AccountStore;
  readonly #sync: SyncFetch;

  private constructor(
    client: MatrixClient,
    session: SavedSession,
    store: AccountStore,
    sync: SyncFetch,
    fetch: Fetch,
    secretKeys: SecretStorageKeys,
  ) {
    this.client = client;
    this.secretKeys = secretKeys;
    this.session = session;
    this.avatars = new Avatars(client, fetch);
    this.#store = store;
    this.#sync = sync;
  }

  /**
   * Opens the stores, starts crypto and syncs; resolves once rooms are known, from disk where it can. A damaged store is left as it is.
   * @throws SessionEnded
   * @throws AppError `store-locked`, `store-corrupt`, `disk-full`
   */
  static async open(parts: AccountParts): Promise<Account> {
    const mark = join(accountFolder(parts.folder, parts.session), DAMAGED);
    try {
      const account = await Account.#open(parts);
      rmSync(mark, { force: true });
      return account;
    } catch (error) {
      if (codeOf(error) === "store-corrupt") markDamaged(mark, parts.log);
      throw error;
    }
  }

  static async #open(parts: AccountParts): Promise<Account> {
    const { session, log } = parts;
    // Told from within the SDK's loop and our `fetch`: what throws there ends the syncing for good, and nobody hears a ring again.
    const onSync: AccountParts["onSync"] = (now) => {
      try {
        parts.onSync(now);
      } catch (error) {
        log.error("what the sync is at was not taken in", error);
      }
    };
    const folder = accountFolder(parts.folder, session);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const store = await openAccountStore(join(folder, "store.db"), {
      onFull: parts.onDiskFull,
      onFailure: (error) => log.error("the account's store", error),
    });
    const sync = new SyncFetch(parts.fetch, (silent) => onSync(silent ? "offline" : "live"));
    const secretKeys = new SecretStorageKeys();
    const client = createClient({
      baseUrl: session.homeserver,
      accessToken: session.accessToken,
      userId: session.user,
      deviceId: session.device,
      store: store.syncStore,
      fetchFn: store.wrapFetch(sync.fetch),
      // A request that a dead network swallowed must not hold up for ever what waits for it, such as the first sync.
      localTimeoutMs: REQUEST_MS,
      cryptoCallbacks: secretKeys.callbacks,
      logger: sdkLog(log),
    });
    // The SDK's own sessions of MatrixRTC: ours stand in their place, and a hostile `expires` makes theirs recount without end.
    client.matrixRTC.start = () => undefined;
    nameStickyRooms(client);
    const account = new Account(client, session, store, sync, parts.fetch, secretKeys);
    try {
      await account.#start({ ...parts, onSync });
      return account;
    } catch (error) {
      await account.close();
      throw error instanceof AppError ? error : (store.failure ?? error);
    }
  }

  /** The machine woke or the network changed: what the server says now is asked for at once. */
  wake(): void {
    this.#sync.wake();
    this.client.retryImmediately();
  }

  /** Stops syncing and writes what is not yet on disk. */
  async close(): Promise<void> {
    // The SDK's crypto is gone for what a sync that is under way still tells of verifications.
    this.client.removeAllListeners(ClientEvent.Event);
    this.client.stopClient();
    await this.#store.close();
  }

  async #start({ session, onSync, onSignedOut }: AccountParts): Promise<void> {
    const { client } = this;
    await hearBackup();
    await this.#store.start(client, Buffer.from(session.storageKey, "base64"));
    const prepared = Promise.withResolvers<void>();
    // The server may end the session before anybody waits.
    prepared.promise.catch(() => undefined);
    let isOpen = false;
    client.on(HttpApiEvent.SessionLoggedOut, ({ data }) => {
      const soft = data["soft_logout"] === true;
      if (isOpen) onSignedOut(soft);
      else prepared.reject(new SessionEnded(soft));
    });
    client.on(ClientEvent.Sync, (state, _before, data) => {
      if (state === SyncState.Stopped) return;
      this.live = (state === SyncState.Prepared && !data?.fromCache) || state === SyncState.Syncing;
      if (state === SyncState.Prepared) prepared.resolve();
      onSync(this.live ? "live" : data?.fromCache ? "starting" : "offline");
    });
    // Members of large rooms are loaded when a call needs them.
    await client.startClient({ lazyLoadMembers: true, initialSyncLimit: 8 });
    await prepared.promise;
    isOpen = true;
  }
}

const accountFolder = (parent: string, { user, device }: SavedSession) =>
  join(parent, createHash("sha256").update(`${user}|${device}`).digest("hex").slice(0, 16));

/** It may hold the only keys of somebody's messages, so the next sign-in must not take it for a leftover. */
function markDamaged(mark: string, log: Log): void {
  try {
    writeFileSync(mark, "");
  } catch (error) {
    log.error("the damaged store could not be marked", error);
  }
}

/** Removes what sessions that ended left on disk. Damaged stores stay as long as anybody is signed in. */
export function removeOtherAccounts(parent: string, kept: SavedSession | null): void {
  const keep = kept && accountFolder(parent, kept);
  for (const name of readdirSync(parent, { withFileTypes: true })) {
    const folder = join(parent, name.name);
    const isLeft = folder !== keep && !(kept && existsSync(join(folder, DAMAGED)));
    if (name.isDirectory() && isLeft) rmSync(folder, { recursive: true, force: true });
  }
}
