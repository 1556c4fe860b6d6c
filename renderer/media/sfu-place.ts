import type { SfuGrant } from "../../shared/ipc/contract.ts";

/** Names the room on the SFU that a grant is for; null where it does not tell. Nothing here shows that the SFU would take it. */
export function placeOf({ url, token }: SfuGrant): string | null {
  const [, payload = ""] = token.split(".");
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const room = member(member(claims, "video"), "room");
    return typeof room === "string" ? `${url} ${room}` : null;
  } catch {
    return null;
  }
}

/** Of anything at all. */
const member = (of: unknown, name: string): unknown =>
  typeof of === "object" && of !== null ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined;
