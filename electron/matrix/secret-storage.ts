import type { MatrixClient } from "matrix-js-sdk";
import {
  decodeRecoveryKey,
  deriveRecoveryKeyFromPassphrase,
  type CryptoCallbacks,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import * as v from "valibot";

import { AppError } from "../../shared/errors.ts";

/** Names of what secret storage holds of an identity. */
const IDENTITY_SECRETS = [
  "m.cross_signing.master",
  "m.cross_signing.self_signing",
  "m.cross_signing.user_signing",
] as const;
const BACKUP_SECRET = "m.megolm_backup.v1";
/** Deriving takes the processor's time, and the homeserver says how much. Element asks for 500,000. */
const MOST_ITERATIONS = 10_000_000;

const defaultKey = v.looseObject({ key: v.string() });
const secret = v.looseObject({ encrypted: v.record(v.string(), v.unknown()) });
const passphraseInfo = v.looseObject({
  algorithm: v.literal("m.pbkdf2"),
  salt: v.string(),
  iterations: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_ITERATIONS)),
  bits: v.optional(v.literal(256)),
});

/** What the account keeps under its recovery key (4S). */
export interface StoredSecrets {
  /** All private keys of an identity. */
  readonly identity: boolean;
  /** The key of a key backup. */
  readonly backup: boolean;
}

/** Keys of secret storage while something is done with them; at all other times there are none. */
export class SecretStorageKeys {
  readonly #keys = new Map<string, Uint8Array<ArrayBuffer>>();

  /** For `createClient({ cryptoCallbacks })`. */
  readonly callbacks: CryptoCallbacks = {
    getSecretStorageKey: ({ keys }) => {
      const [known] = [...this.#keys].filter(([id]) => Object.hasOwn(keys, id));
      return Promise.resolve(known ?? null);
    },
    cacheSecretStorageKey: (id, _info, key) => void this.#keys.set(id, Uint8Array.from(key)),
  };

  /** Does the work with one key, or with those that it makes itself, and forgets them. */
  async during<T>(
    known: readonly [string, Uint8Array<ArrayBuffer>] | null,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      if (known) this.#keys.set(...known);
      return await work();
    } finally {
      for (const key of this.#keys.values()) key.fill(0);
      this.#keys.clear();
    }
  }
}

/** As the account's data says, which was synced. */
export function storedSecrets(client: MatrixClient): StoredSecrets {
  const known = v.safeParse(defaultKey, client.getAccountData("m.secret_storage.default_key")?.getContent());
  const isStored = (name: (typeof IDENTITY_SECRETS)[number] | typeof BACKUP_SECRET) => {
    const stored = v.safeParse(secret, client.getAccountData(name)?.getContent());
    return known.success && stored.success && Object.hasOwn(stored.output.encrypted, known.output.key);
  };
  return { identity: IDENTITY_SECRETS.every(isStored), backup: isStored(BACKUP_SECRET) };
}

/**
 * The key of secret storage, and its ID, from what a person typed: the recovery key or the passphrase.
 * @throws AppError `wrong-recovery-key`
 */
export async function readRecoveryKey(
  client: MatrixClient,
  typed: string,
): Promise<readonly [string, Uint8Array<ArrayBuffer>]> {
  const storage = client.secretStorage;
  const found = await storage.getKey();
  if (!found) throw new AppError("wrong-recovery-key", "the account has no secret storage");
  const [id, info] = found;
  const key = decoded(typed) ?? (await derived(typed, info.passphrase));
  if (!key || !(await storage.checkKey(key, info))) throw new AppError("wrong-recovery-key");
  return [id, key];
}

function decoded(typed: string): Uint8Array<ArrayBuffer> | null {
  try {
    return decodeRecoveryKey(typed.replaceAll(/\s/g, ""));
  } catch {
    return null;
  }
}

async function derived(typed: string, info: unknown): Promise<Uint8Array<ArrayBuffer> | null> {
  const parsed = v.safeParse(passphraseInfo, info);
  if (!parsed.success) return null;
  return deriveRecoveryKeyFromPassphrase(typed, parsed.output.salt, parsed.output.iterations);
}
