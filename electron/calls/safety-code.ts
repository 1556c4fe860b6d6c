import { createHash } from "node:crypto";

import type { RoomId } from "../../shared/matrix/ids.ts";
import { safetyDigits, safetyText } from "../../shared/rtc/safety-code.ts";
import type { TrustBook } from "../rtc/trust.ts";
import type { MemberView } from "../rtc/types.ts";

/** See `CallState.safetyCode`; null where we are not among them, and where nobody else is. */
export function safetyCode(book: TrustBook, room: RoomId, members: readonly MemberView[]): string | null {
  const devices = members.map(({ user, device }) => {
    const known = book.of(user, device);
    return { user, device, fingerprint: known?.fingerprint ?? null, master: known?.master ?? null };
  });
  const others = new Set(members.filter(({ own }) => !own).map(({ user, device }) => `${user}|${device}`));
  if (others.size === 0 || !members.some(({ own }) => own)) return null;
  const text = safetyText(room, devices);
  return text === null ? null : safetyDigits(createHash("sha512").update(text).digest());
}
