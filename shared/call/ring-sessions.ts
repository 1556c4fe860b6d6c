import type { RoomId, UserId } from "../matrix/ids.ts";
import type { Rings, SessionMember } from "./ring.ts";

type Members = readonly SessionMember[];
type Told = Rings["sessions"];

/** This device of ours or another. */
export const isOwn = ({ who }: SessionMember): boolean => who !== "other";

export const isIn = (members: Members, user: UserId): boolean =>
  members.some((member) => member.user === user);

/** Undefined where nobody told. */
export const membersIn = (sessions: Told, room: RoomId): Members | undefined =>
  sessions.find((each) => each.room === room)?.members;

/** With the newest word about a room; the same where it says nothing new. */
export function withMembers(sessions: Told, room: RoomId, members: Members): Told {
  const before = membersIn(sessions, room);
  if (before && areSame(before, members)) return sessions;
  return [...sessions.filter((each) => each.room !== room), { room, members }];
}

const areSame = (a: Members, b: Members): boolean =>
  a.length === b.length &&
  a.every(({ user, eventId, who }, at) => {
    const other = b[at];
    return other?.user === user && other.eventId === eventId && other.who === who;
  });
