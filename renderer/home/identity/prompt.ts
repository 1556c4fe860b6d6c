import type { IdentityState } from "../../../shared/state/app-state.ts";

/** What the user does about their identity, in a dialog. */
export type IdentityStep = Prompt | "reset";

/** What the user should do for their identity; null where nothing is amiss, or not known yet. */
export type Prompt = "verify" | "set-up" | "save-key";

export function promptFor({ device, account, recovery }: IdentityState): Prompt | null {
  if (device === "unverified") return account === "none" ? "set-up" : "verify";
  return device === "verified" && recovery === "unset" ? "save-key" : null;
}
