import { createHash } from "node:crypto";

/** Identity on the SFU (MSC4195): as it is, or the unpadded base64 SHA-256 of the list's JSON. */
export function sfuIdentity(identity: string | readonly string[]): string {
  if (typeof identity === "string") return identity;
  return createHash("sha256").update(JSON.stringify(identity)).digest("base64").replace(/=+$/, "");
}
