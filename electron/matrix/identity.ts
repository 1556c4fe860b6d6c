import { ClientEvent, SyncState } from "matrix-js-sdk";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";

import { AppError } from "../../shared/errors.ts";
import type { UserId } from "../../shared/matrix/ids.ts";
import { initialState, type IdentityState } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../rtc/ports.ts";
import type { Account } from "./account.ts";
import { cryptoOf, makeRecoveryKey, publishedIdentity, recoverIdentity } from "./cross-signing.ts";
import { Approval } from "./identity-approval.ts";
import { hearOutgoing } from "./identity-crypto-end.ts";
import { identityFacts, type IdentityFacts } from "./identity-facts.ts";
import { IdentityMaking, type IdentityNote } from "./identity-making.ts";
import { Backup } from "./key-backup.ts";
import { all, on } from "./listen.ts";
import { toAppError } from "./request-error.ts";
import { readRecoveryKey, storedSecrets } from "./secret-storage.ts";
import { Verifications } from "./verifications.ts";

export interface IdentityParts {
  readonly account: Account;
  /** Of a login that just was: a homeserver may want it for a new account's first identity. Forgotten once that was tried. */
  readonly password: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly note: { read(): IdentityNote; write(note: IdentityNote): void };
  readonly openExternal: (url: string) => Promise<void>;
  readonly publish: (identity: IdentityState) => void;
  /** Keys of old events came: what could not be read may be readable. */
  readonly onKeys: () => void;
}

/** Whose this device is: keeps the state current, gives a new account its identity, and does what the user asks about it. */
export class Identity {
  readonly #parts: IdentityParts;
  readonly #making: IdentityMaking;
  readonly #verifications: Verifications;
  readonly #backup: Backup;
  readonly #stopListening: () => void;
  #password: string | null;
  #facts: IdentityFacts = initialState.identity;
  /** Whether the homeserver has an identity of the account; null until it was asked. */
  #isPublished: boolean | null = null;
  #reading: Promise<void> | null = null;
  #readAgain = false;
  #queue: Promise<unknown> = Promise.resolve();
  #said = "";
  /** Of the reset that is under way. */
  #approval: Approval | null = null;
  #stopped = false;

  constructor(parts: IdentityParts) {
    const { account, clock, log, note, onKeys } = parts;
    const { client } = account;
    this.#parts = parts;
    hearOutgoing(client);
    this.#password = parts.password;
    this.#making = new IdentityMaking({ account, log, note });
    this.#backup = new Backup({
      client,
      log,
      restored: {
        get: () => note.read().restored,
        set: (restored) => note.write({ ...note.read(), restored }),
      },
      onChange: () => this.#publish(),
      onRestored: onKeys,
    });
    this.#verifications = new Verifications({
      client,
      clock,
      log,
      onChange: () => this.#publish(),
    });
    const me = client.getSafeUserId();
    this.#stopListening = all(
      on(client, CryptoEvent.KeysChanged, () => this.#read()),
      on(client, CryptoEvent.UserTrustStatusChanged, (user) => void (user === me && this.#read())),
      on(client, CryptoEvent.DevicesUpdated, (users) => void (users.includes(me) && this.#read())),
      on(client, ClientEvent.AccountData, (event) => void (isOfIdentity(event.getType()) && this.#read())),
      on(client, ClientEvent.Sync, (now, before) => {
        if (now === SyncState.Syncing && before !== SyncState.Syncing) void this.#settle();
      }),
    );
    this.#read();
    if (account.live) void this.#settle();
  }

  verify = (): Promise<void> => this.#verifications.verify();

  async verifyPerson(user: UserId): Promise<void> {
    if (this.#facts.device !== "verified")
      throw new AppError("verification-failed", "this device is not verified");
    await this.#verifications.verifyPerson(user);
  }

  accept = (): Promise<void> => this.#verifications.accept();
  compare = (): Promise<void> => this.#verifications.compare();
  scanned = (data: string): Promise<void> => this.#verifications.scanned(data);
  confirm = (same: boolean): Promise<void> => this.#verifications.confirm(same);

  async cancel(): Promise<void> {
    this.#approval?.cancel();
    await this.#verifications.cancel();
  }

  /** Verifies this device with what was typed; the backup is restored after. @throws AppError `wrong-recovery-key`, … */
  recover(typed: string): Promise<void> {
    return this.#inTurn(async () => {
      const { account } = this.#parts;
      const { client } = account;
      const key = await readRecoveryKey(client, typed);
      const stored = storedSecrets(client);
      if (!stored.identity) throw new AppError("verification-failed", "no identity under this key");
      await recoverIdentity(client, account.secretKeys, key, stored.backup, this.#parts.log);
      await this.#making.signSelf();
      await this.#backup.check();
    });
  }

  /** @throws AppError `password-needed`, `wrong-password`, `approval-needed`, … */
  reset(password: string | null): Promise<{ readonly recoveryKey: string }> {
    const { account, clock, openExternal } = this.#parts;
    const approval = new Approval(clock);
    // Nobody waits for two.
    this.#approval?.cancel();
    this.#approval = approval;
    return this.#inTurn(async () => {
      approval.check();
      const browser = async (url: string) => {
        approval.check();
        await openExternal(url);
      };
      await this.#making.make({ password, browser, pause: approval.pause });
      this.#isPublished = true;
      const recoveryKey = await makeRecoveryKey(account.client, account.secretKeys, { newBackup: true });
      return this.#keyMade(recoveryKey);
    });
  }

  /** @throws AppError `verification-failed` */
  newRecoveryKey(): Promise<{ readonly recoveryKey: string }> {
    return this.#inTurn(async () => {
      const { client, secretKeys } = this.#parts.account;
      const { phase } = this.#backup.state;
      const newBackup = phase !== "on" && phase !== "restoring";
      return this.#keyMade(await makeRecoveryKey(client, secretKeys, { newBackup }));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#stopListening();
    this.#approval?.cancel();
    this.#verifications.stop();
    this.#backup.stop();
    this.#parts.publish(initialState.identity);
  }

  /** The account is live: what only the homeserver knows is asked for, and what is missing made. */
  async #settle(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        const { client } = this.#parts.account;
        await this.#making.settle();
        let isPublished = (await publishedIdentity(client)) !== null;
        if (!isPublished && (this.#parts.note.read().unfinished || !(await this.#knowsIdentity())))
          isPublished = await this.#making.first(this.#password);
        // Asks the homeserver for our own keys, so that what it has is what counts.
        else await cryptoOf(client).userHasCrossSigningKeys();
        this.#password = null;
        if (isPublished) await this.#making.signSelf();
        this.#isPublished = isPublished;
        await this.#readNow();
        // Of a reset that ended before the homeserver took it, or of a new identity that has no recovery key yet, nothing is left to do.
        if (isPublished && (this.#facts.device === "unverified" || !storedSecrets(client).identity))
          this.#making.finished();
        await this.#backup.check();
        if (isPublished && this.#facts.device === "verified") await this.#backup.make();
      });
    } catch (error) {
      if (!this.#stopped) this.#parts.log.info("the identity is not settled", error);
    }
  }

  async #knowsIdentity(): Promise<boolean> {
    const { client } = this.#parts.account;
    return (await cryptoOf(client).getUserCrossSigningKeys(client.getSafeUserId())) !== null;
  }

  async #keyMade(recoveryKey: string): Promise<{ readonly recoveryKey: string }> {
    this.#making.finished();
    await this.#backup.check();
    await this.#readNow();
    return { recoveryKey };
  }

  /** One thing at a time: they all change the same keys. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      if (this.#stopped) throw new AppError("not-signed-in");
      try {
        return await work();
      } catch (error) {
        throw toAppError(error);
      } finally {
        this.#read();
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #read(): void {
    void this.#readNow();
  }

  /** What changes while it is read is read again. */
  #readNow(): Promise<void> {
    this.#readAgain = this.#reading !== null;
    this.#reading ??= this.#readFacts().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #readFacts(): Promise<void> {
    do {
      this.#readAgain = false;
      try {
        const facts = await identityFacts(this.#parts.account.client);
        if (!this.#stopped) this.#facts = facts;
      } catch (error) {
        if (!this.#stopped) this.#parts.log.warn("the identity cannot be read", error);
      }
    } while (this.#readAgain && !this.#stopped);
    this.#publish();
  }

  /** That there is none, or that it did not sign this device, only the homeserver can say. */
  #told(unfinished: boolean): Pick<IdentityState, "device" | "account"> {
    const { device, account } = this.#facts;
    if (unfinished && this.#isPublished !== true)
      return this.#isPublished === null
        ? { device: "unknown", account: "unknown" }
        : { device: "unverified", account: "none" };
    const isKnown = this.#isPublished !== null || device === "verified";
    return {
      device: isKnown ? device : "unknown",
      account: isKnown || account === "present" ? account : "unknown",
    };
  }

  #publish(): void {
    if (this.#stopped) return;
    const { ways, recovery } = this.#facts;
    const { unfinished } = this.#parts.note.read();
    const now: IdentityState = {
      ...this.#told(unfinished),
      ways,
      recovery: unfinished ? "unset" : recovery,
      backup: this.#backup.state,
      verification: this.#verifications.state,
    };
    const said = JSON.stringify(now);
    if (said === this.#said) return;
    this.#said = said;
    this.#parts.publish(now);
  }
}

const isOfIdentity = (type: string) =>
  type.startsWith("m.secret_storage.") || type.startsWith("m.cross_signing.");
