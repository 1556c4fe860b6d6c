import type { IdentityState, VerificationState } from "../../../../shared/state/app-state.ts";

/** A device whose account signed it, with a recovery key and a backup. */
export const identity = (more: Partial<IdentityState> = {}): IdentityState => ({
  device: "verified",
  account: "present",
  ways: { otherDevice: true, recoveryKey: true },
  recovery: "set",
  backup: { phase: "on" },
  verification: null,
  ...more,
});

export const unverified = (more: Partial<IdentityState> = {}): IdentityState =>
  identity({ device: "unverified", backup: { phase: "locked" }, ...more });

/** Of the user's own other device, which has not answered. */
export const verification = (more: Partial<VerificationState> = {}): VerificationState => ({
  person: { user: "@alice:example.org", name: "Alice", avatar: null },
  device: null,
  incoming: false,
  phase: "asked",
  emoji: [],
  qr: null,
  canScan: false,
  reason: null,
  ...more,
});
