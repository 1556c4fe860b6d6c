import { createHash } from "node:crypto";

/** The slot that the legacy request `/sfu/get` stands for (MSC4196 as deployed). */
export const legacySlotId = "m.call#ROOM";

/** The SFU's name of a call: the same for legacy and newer clients (MSC4195). */
export function sfuRoomName(roomId: string, slotId: string): string {
  return hash([roomId, slotId]);
}

/** The SFU identity of a member whose membership is a state event: readable, never hashed. */
export function legacyIdentity(userId: string, deviceId: string): string {
  return `${userId}:${deviceId}`;
}

/** The SFU identity of a member whose membership is a sticky event, as deployed. */
export function memberIdentity(userId: string, deviceId: string, memberId: string): string {
  return hash([userId, deviceId, memberId]);
}

/** The same by MSC4195's newest text. */
export function textIdentity(userId: string, memberId: string): string {
  return hash([userId, memberId]);
}

// Unpadded standard base64 of the SHA-256 of a canonical JSON array of strings.
function hash(parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64").replace(/=+$/, "");
}
