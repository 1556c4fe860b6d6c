import type { Membership } from "./member-event.ts";

/** The user's device; a membership that does not tell its device stands for itself. */
export const deviceKey = ({ user, device, memberId }: Membership): string =>
  device === "" ? `${user}||${memberId}` : `${user}|${device}`;

/** Of two memberships of one device: sticky before legacy, then the newest. */
export function beats(one: Membership, other: Membership): boolean {
  if (one.form !== other.form) return one.form === "sticky";
  return one.sentAt !== other.sentAt ? one.sentAt > other.sentAt : one.eventId > other.eventId;
}

export const byAge = (a: Membership, b: Membership): number =>
  a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** The same list where nothing changes. */
export function withDevice(
  members: readonly Membership[],
  device: Membership,
  winner: Membership | null,
): readonly Membership[] {
  const key = deviceKey(device);
  const at = members.findIndex((member) => member.user === device.user && deviceKey(member) === key);
  if (winner === (members[at] ?? null)) return members;
  const rest = at < 0 ? members : members.toSpliced(at, 1);
  if (!winner) return rest;
  const behind = rest.findIndex((member) => byAge(winner, member) < 0);
  return behind < 0 ? [...rest, winner] : rest.toSpliced(behind, 0, winner);
}
