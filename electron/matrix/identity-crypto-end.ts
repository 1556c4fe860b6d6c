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
