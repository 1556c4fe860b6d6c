import { ConnectionError, MatrixError, type MatrixClient } from "matrix-js-sdk";
import type { CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";

import { AppError } from "../../shared/errors.ts";
import type { Log } from "../log.ts";
import { authorised, type Authorisation } from "./interactive-auth.ts";
import type { SecretStorageKeys } from "./secret-storage.ts";

interface PrivateKeys {
  readonly masterKey?: string | undefined;
  readonly self_signing_key?: string | undefined;
  readonly userSigningKey?: string | undefined;
}

type MakeRequest = (auth: object | null) => Promise<void>;

/**
 * `client.getCrypto()` is the SDK's RustCrypto. Its own `resetEncryption` deletes backup and secret storage before the server
 * was asked whether it lets us: a mistyped password would lose them.
 */
interface RustCrypto {
  readonly olmMachine: {
    bootstrapCrossSigning(reset: boolean): Promise<{
      readonly uploadKeysRequest?: object;
      readonly uploadSigningKeysRequest: object;
      readonly uploadSignaturesRequest: object;
    }>;
    exportCrossSigningKeys(): Promise<PrivateKeys | undefined>;
    importCrossSigningKeys(master?: string, selfSigning?: string, userSigning?: string): Promise<unknown>;
  };
  readonly outgoingRequestProcessor: {
    makeOutgoingRequest(request: object, authorise?: (make: MakeRequest) => Promise<void>): Promise<void>;
  };
}

/** The client's crypto: it is opened before the client is given to anybody. */
export function cryptoOf(client: MatrixClient): CryptoApi {
  const crypto = client.getCrypto();
  if (!crypto) throw new AppError("internal", "no crypto");
  return crypto;
}

const rustCryptoOf = (client: MatrixClient) => cryptoOf(client) as unknown as RustCrypto;

/** The account's public identity (its master key) as the homeserver has it now; null where there is none. */
export async function publishedIdentity(client: MatrixClient): Promise<string | null> {
  const me = client.getSafeUserId();
  const { master_keys: keys } = await client.downloadKeysForUsers([me]);
  return Object.values(keys?.[me]?.keys ?? {})[0] ?? null;
}

/** Whether this device holds the account's private keys, so that it can sign others. */
async function holdsPrivateKeys(client: MatrixClient): Promise<boolean> {
  const { privateKeysCachedLocally: held } = await cryptoOf(client).getCrossSigningStatus();
  return held.masterKey && held.selfSigningKey && held.userSigningKey;
}

/**
 * The private keys of before, while it is open whether the homeserver took an identity that was made. The crypto library takes them
 * back only once it knows that they count again, which nobody can say offline.
 */
const keysBefore = new WeakMap<MatrixClient, PrivateKeys>();

/**
 * Makes an identity, which signs this device and takes the place of the one that the account has, if any. Where the homeserver
 * does not take it, all is as before, or will be with `settleIdentity`. @throws AppError as `authorised`
 */
export async function makeIdentity(client: MatrixClient, how: Authorisation): Promise<void> {
  const { olmMachine, outgoingRequestProcessor } = rustCryptoOf(client);
  const make: RustCrypto["outgoingRequestProcessor"]["makeOutgoingRequest"] = (request, authorise) =>
    outgoingRequestProcessor.makeOutgoingRequest(request, authorise);
  await settleIdentity(client);
  keysBefore.set(client, (await olmMachine.exportCrossSigningKeys()) ?? {});
  const requests = await olmMachine.bootstrapCrossSigning(true);
  try {
    if (requests.uploadKeysRequest) await make(requests.uploadKeysRequest);
    await make(requests.uploadSigningKeysRequest, (request) => authorised(request, how));
    keysBefore.delete(client);
  } catch (error) {
    // Unless only the answer was lost.
    if ((await settleIdentity(client).catch(() => null)) !== "made") throw error;
  }
  await make(requests.uploadSignaturesRequest);
}

/**
 * Asks the homeserver which identity counts where the answer to one that was made is open: that one (`made`), or that of before, whose
 * private keys are then held again. Null where nothing is open. Fails where the homeserver does not answer.
 */
export async function settleIdentity(client: MatrixClient): Promise<"made" | "before" | null> {
  const keys = keysBefore.get(client);
  if (!keys) return null;
  const crypto = cryptoOf(client);
  const published = await publishedIdentity(client);
  if (published !== null) await crypto.userHasCrossSigningKeys();
  const isMade = published !== null && published === (await crypto.getCrossSigningKeyId());
  keysBefore.delete(client);
  if (isMade) return "made";
  const { masterKey, self_signing_key, userSigningKey } = keys;
  if (published !== null && masterKey)
    await rustCryptoOf(client)
      .olmMachine.importCrossSigningKeys(masterKey, self_signing_key, userSigningKey)
      // Not those of the one that counts: another device made it meanwhile.
      .catch(() => undefined);
  return "before";
}

/**
 * Keeps the identity's private keys, and the backup's, under a new recovery key, which is returned as people read it.
 * @throws AppError `verification-failed` where this device does not hold the private keys
 */
export async function makeRecoveryKey(
  client: MatrixClient,
  keys: SecretStorageKeys,
  { newBackup }: { newBackup: boolean },
): Promise<string> {
  const crypto = cryptoOf(client);
  if (!(await holdsPrivateKeys(client))) throw new AppError("verification-failed", "no private keys here");
  const made = await crypto.createRecoveryKeyFromPassphrase();
  const { encodedPrivateKey } = made;
  if (encodedPrivateKey === undefined) throw new AppError("internal", "a recovery key without words");
  try {
    await keys.during(null, () =>
      crypto.bootstrapSecretStorage({
        createSecretStorageKey: () => Promise.resolve(made),
        setupNewSecretStorage: true,
        setupNewKeyBackup: newBackup,
      }),
    );
  } finally {
    made.privateKey.fill(0);
  }
  return encodedPrivateKey;
}

/** Takes the identity's private keys out of secret storage, and signs this device. @throws AppError `wrong-recovery-key` */
export async function recoverIdentity(
  client: MatrixClient,
  keys: SecretStorageKeys,
  key: readonly [string, Uint8Array<ArrayBuffer>],
  withBackup: boolean,
  log: Log,
): Promise<void> {
  const crypto = cryptoOf(client);
  await keys.during(key, async () => {
    try {
      await client.secretStorage.get("m.cross_signing.master");
    } catch (cause) {
      // Descriptions of old keys say nothing by which to check them.
      throw new AppError("wrong-recovery-key", "the secrets do not open", { cause });
    }
    try {
      await crypto.bootstrapCrossSigning({});
    } catch (cause) {
      if (cause instanceof MatrixError || cause instanceof ConnectionError) throw cause;
      throw new AppError("verification-failed", "the secrets are not those of the account's identity", {
        cause,
      });
    }
    if (!withBackup) return;
    try {
      await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    } catch (error) {
      // The identity is good without it.
      log.warn("the key of the backup is not the one that was kept", error);
    }
  });
}
