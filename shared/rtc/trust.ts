import type { Trust } from "../state/app-state.ts";

/** What is known of somebody's identity (cross-signing). */
export interface IdentityFacts {
  /** Public master key, unpadded base64; null where they have no identity. */
  readonly master: string | null;
  /** The user verified it. */
  readonly verified: boolean;
  /** The user verified this one or an earlier one. */
  readonly wasVerified: boolean;
  /** It is another one than when we first saw it, and nobody said that this is well. */
  readonly replaced: boolean;
}

export interface DeviceFacts {
  /** Public ed25519 key, unpadded base64. */
  readonly fingerprint: string | null;
  /** Its owner's identity signed it. */
  readonly signed: boolean;
}

/** `device` is null where the homeserver lists no such device. */
export function trustOf(owner: IdentityFacts, device: DeviceFacts | null): Trust {
  if (owner.replaced || (owner.wasVerified && !owner.verified)) return "changed";
  if (!device) return "unknown";
  if (!device.signed) return "unverified";
  return owner.verified ? "verified" : "signed";
}

/** Whether our media key goes there where it goes to verified devices only (MSC4153). */
export const isVouchedFor = (trust: Trust): boolean => trust === "verified" || trust === "signed";
