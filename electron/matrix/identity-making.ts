import type { Log } from "../log.ts";
import type { Account } from "./account.ts";
import { cryptoOf, makeIdentity, publishedIdentity, settleIdentity } from "./cross-signing.ts";
import type { Authorisation } from "./interactive-auth.ts";

/** What a device remembers of its identity besides the crypto store. */
export interface IdentityNote {
  /** The version of the key backup whose keys are all here. */
  readonly restored: string | null;
  /** This device began to make an identity, and secret storage may not hold it yet. */
  readonly unfinished: boolean;
}

export interface IdentityMakingParts {
  readonly account: Account;
  readonly log: Log;
  readonly note: { read(): IdentityNote; write(note: IdentityNote): void };
}

/** Makes the account's identity, and remembers from the first step to the last that it is not finished. */
export class IdentityMaking {
  readonly #parts: IdentityMakingParts;
  /** What the note said before this device last began. */
  #wasUnfinished = false;

  constructor(parts: IdentityMakingParts) {
    this.#parts = parts;
  }

  /** A new account's first identity. Where the homeserver wants more than we have, the user is asked to make it (`reset`). */
  async first(password: string | null): Promise<boolean> {
    try {
      await this.make({
        password,
        browser: null,
        pause: () => Promise.reject(new Error("nobody is there")),
      });
      return true;
    } catch (error) {
      this.#parts.log.info("no identity was made", error);
      return false;
    }
  }

  /** @throws AppError as `authorised` */
  async make(how: Pick<Authorisation, "password" | "browser" | "pause">): Promise<void> {
    const { account, note } = this.#parts;
    await this.settle();
    const before = note.read();
    this.#wasUnfinished = before.unfinished;
    note.write({ ...before, unfinished: true });
    const { user, homeserver } = account.session;
    try {
      await makeIdentity(account.client, { ...how, user, homeserver });
    } catch (error) {
      // Where the homeserver has none, what was made here counts for nothing, and stays so marked.
      const isAsBefore = await publishedIdentity(account.client).then(
        (published) => published !== null,
        () => false,
      );
      if (isAsBefore) this.#unmark();
      throw error;
    }
  }

  /** What came of one that broke off, if it did. Fails where the homeserver does not answer. */
  async settle(): Promise<void> {
    if ((await settleIdentity(this.#parts.account.client)) === "before") this.#unmark();
  }

  /** A kill, or a lost answer, may have left this device without the signature of an identity whose keys it holds. */
  async signSelf(): Promise<void> {
    const { client } = this.#parts.account;
    const crypto = cryptoOf(client);
    const here = client.getDeviceId() ?? "";
    const trust = await crypto.getDeviceVerificationStatus(client.getSafeUserId(), here);
    if (trust?.crossSigningVerified || (await crypto.getCrossSigningKeyId()) === null) return;
    await crypto.crossSignDevice(here);
    // The signature counts once it comes back.
    await crypto.userHasCrossSigningKeys();
  }

  finished(): void {
    const { note } = this.#parts;
    if (note.read().unfinished) note.write({ ...note.read(), unfinished: false });
  }

  /** The identity of before is the one that counts. */
  #unmark(): void {
    const { note } = this.#parts;
    note.write({ ...note.read(), unfinished: this.#wasUnfinished });
  }
}
