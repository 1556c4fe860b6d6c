import type { MatrixClient } from "matrix-js-sdk";

import { cryptoOf } from "./cross-signing.ts";

/** Of the SDK's RustCrypto: sends what the crypto library wants sent. */
interface RustCrypto {
  readonly outgoingRequestsManager: { doProcessOutgoingRequests(): Promise<void> };
}

/**
 * The SDK hears nothing of what it begins beside the encryption of a message (its `RoomEncryptor`); where the account closes meanwhile,
 * that would be an unhandled rejection. Whoever waits for it is told as ever.
 */
export function hearOutgoing(client: MatrixClient): void {
  const { outgoingRequestsManager: outgoing } = cryptoOf(client) as unknown as RustCrypto;
  const send = outgoing.doProcessOutgoingRequests.bind(outgoing);
  outgoing.doProcessOutgoingRequests = () => {
    const sent = send();
    sent.catch(() => undefined);
    return sent;
  };
}

let hears: Promise<void> | null = null;

/**
 * The same of the key backup that the SDK looks for by itself as soon as its crypto is made: where the answer comes after the account
 * closed, none was found. To be awaited before that; loads the SDK's crypto.
 */
export const hearBackup = (): Promise<void> => (hears ??= patchBackup());

async function patchBackup(): Promise<void> {
  const {
    RustBackupManager: { prototype },
  } = await import("matrix-js-sdk/lib/rust-crypto/backup.js");
  const look = prototype.checkKeyBackupAndEnable;
  prototype.checkKeyBackupAndEnable = function (force) {
    return look.call(this, force).catch((error: unknown) => {
      if (this["stopped"]) return null;
      throw error;
    });
  };
}
