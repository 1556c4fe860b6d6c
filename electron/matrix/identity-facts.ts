import type { MatrixClient } from "matrix-js-sdk";

import type { IdentityState } from "../../shared/state/app-state.ts";
import { cryptoOf } from "./cross-signing.ts";
import { storedSecrets } from "./secret-storage.ts";

export type IdentityFacts = Pick<IdentityState, "device" | "account" | "ways" | "recovery">;

/** What the stores say of the account's identity; the homeserver is not asked. `account` is `none` where nothing is known of one. */
export async function identityFacts(client: MatrixClient): Promise<IdentityFacts> {
  const crypto = cryptoOf(client);
  const [me, here] = [client.getSafeUserId(), client.getDeviceId() ?? ""];
  const [keys, own, known] = await Promise.all([
    crypto.getUserCrossSigningKeys(me),
    crypto.getDeviceVerificationStatus(me, here),
    crypto.getUserDeviceInfo([me]),
  ]);
  const devices = [...(known.get(me)?.values() ?? [])].filter(
    ({ deviceId, dehydrated }) => deviceId !== here && !dehydrated,
  );
  const trusts = await Promise.all(
    devices.map(({ deviceId }) => crypto.getDeviceVerificationStatus(me, deviceId)),
  );
  const stored = storedSecrets(client);
  return {
    // Of an identity that this device has not verified, anybody may have signed it.
    device: own?.crossSigningVerified ? "verified" : "unverified",
    account: keys ? "present" : "none",
    ways: { otherDevice: trusts.some((trust) => trust?.signedByOwner), recoveryKey: stored.identity },
    recovery: stored.identity ? "set" : "unset",
  };
}
