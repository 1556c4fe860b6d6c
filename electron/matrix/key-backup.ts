import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { Method, type MatrixClient } from "matrix-js-sdk";

import type { KeyBackup } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import { RtcRequestError } from "../rtc/ports.ts";
import { ask } from "./ask.ts";
import { cryptoOf } from "./cross-signing.ts";
import { all, on } from "./listen.ts";

/** Element's: the user wants no backup. */
const DISABLED = "m.org.matrix.custom.backup_disabled";

export interface BackupParts {
  readonly client: MatrixClient;
  readonly log: Log;
  /** The version of the backup whose keys are all here. */
  readonly restored: { get(): string | null; set(version: string): void };
  readonly onChange: () => void;
  /** Keys of old events came. */
  readonly onRestored: () => void;
}

/** The keys of old events on the homeserver: read as soon as their key is here, and added to with each new one. */
export class Backup {
  state: KeyBackup = { phase: "unknown" };
  readonly #parts: BackupParts;
  readonly #stopListening: () => void;
  #checking: Promise<void> | null = null;
  #checkAgain = false;
  #restoring = false;
  #stopped = false;

  constructor(parts: BackupParts) {
    this.#parts = parts;
    const check = () => void this.check();
    this.#stopListening = all(
      on(parts.client, CryptoEvent.KeyBackupDecryptionKeyCached, check),
      on(parts.client, CryptoEvent.KeyBackupStatus, check),
    );
  }

  /** Asks the homeserver what backup there is, enables it where its key is here, and restores it where that was not done yet. */
  check(): Promise<void> {
    this.#checkAgain = this.#checking !== null;
    this.#checking ??= this.#check().finally(() => {
      this.#checking = null;
      if (this.#checkAgain && !this.#stopped) void this.check();
    });
    return this.#checking;
  }

  /** A new one, where there is none and the user did not refuse it. */
  async make(): Promise<void> {
    const { client, restored } = this.#parts;
    const refused = client.store.getAccountData(DISABLED)?.getContent()["disabled"] === true;
    if (this.state.phase !== "none" || refused) return;
    const crypto = cryptoOf(client);
    await crypto.resetKeyBackup();
    const version = await crypto.getActiveSessionBackupVersion();
    // All that is in it comes from here.
    if (version !== null) restored.set(version);
    await this.check();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopListening();
  }

  async #check(): Promise<void> {
    const { client, log, restored } = this.#parts;
    const crypto = cryptoOf(client);
    try {
      const found = await crypto.checkKeyBackupAndEnable();
      if (this.#stopped) return;
      if (!found) return this.#set({ phase: (await isNone(client)) ? "none" : "unknown" });
      const [key, version] = [await crypto.getSessionBackupPrivateKey(), found.backupInfo.version];
      if (!key || !found.trustInfo.matchesDecryptionKey || version === undefined)
        return this.#set({ phase: "locked" });
      if (restored.get() === version) return this.#set({ phase: "on" });
      void this.#restore(version);
    } catch (error) {
      log.info("what key backup there is is not known", error);
    }
  }

  async #restore(version: string): Promise<void> {
    if (this.#restoring) return;
    this.#restoring = true;
    const { client, log, restored, onRestored } = this.#parts;
    this.#set({ phase: "restoring", done: 0, total: 0 });
    try {
      await cryptoOf(client).restoreKeyBackup({
        progressCallback: (progress) => {
          if (this.#stopped) throw new Error("the account closes");
          if (!("total" in progress)) return;
          const { successes, failures, total } = progress;
          this.#set({ phase: "restoring", done: successes + failures, total });
        },
      });
      // First: a kill in between restores once more.
      onRestored();
      restored.set(version);
      this.#set({ phase: "on" });
    } catch (error) {
      if (!this.#stopped) log.warn("the key backup was not restored", error);
      this.#set({ phase: "failed" });
    } finally {
      this.#restoring = false;
    }
  }

  #set(state: KeyBackup): void {
    if (this.#stopped || (this.#restoring && state.phase !== "restoring" && this.state.phase !== "restoring"))
      return;
    this.state = state;
    this.#parts.onChange();
  }
}

/** The SDK does not tell no backup from no answer. */
async function isNone(client: MatrixClient): Promise<boolean> {
  try {
    await ask(() => client.http.authedRequest(Method.Get, "/room_keys/version"));
    return false;
  } catch (error) {
    return error instanceof RtcRequestError && error.kind === "not-found";
  }
}
