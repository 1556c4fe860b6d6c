import { isUserId, type UserId } from "../../shared/matrix/ids.ts";
import type {
  Invitation,
  OngoingCall,
  OtherSession,
  Person,
  RoomSummary,
} from "../../shared/state/app-state.ts";

export type RunningRoom = RoomSummary & { readonly call: OngoingCall };

/** Something that goes on in a room and that we cannot take part in. */
export interface OtherInRoom {
  readonly room: RoomSummary;
  readonly session: OtherSession;
}

export interface HomeLists {
  /** Rooms with a running call, the latest call first; they are not repeated below. */
  readonly running: readonly RunningRoom[];
  /** The latest first. */
  readonly others: readonly OtherInRoom[];
  readonly people: readonly RoomSummary[];
  readonly rooms: readonly RoomSummary[];
  readonly invitations: readonly Invitation[];
}

/** What the home window lists for a search term; the empty term matches all. */
export function listsOf(
  rooms: readonly RoomSummary[],
  invitations: readonly Invitation[],
  term: string,
): HomeLists {
  const matches = matcher(term);
  const found = rooms.filter(({ name, direct }) => matches(name, direct ?? ""));
  const idle = found.filter((room) => room.call === null).toSorted((a, b) => b.activeAt - a.activeAt);
  return {
    running: found.filter(isRunning).toSorted((a, b) => b.call.since - a.call.since),
    others: found
      .flatMap((room) => room.others.map((session) => ({ room, session })))
      .toSorted((a, b) => b.session.since - a.session.since),
    people: idle.filter((room) => room.direct !== null),
    rooms: idle.filter((room) => room.direct === null),
    invitations: invitations.filter(({ name, from }) => matches(name, from.name, from.user)),
  };
}

/** Whether texts have every word of a search term in them, whatever their case and accents. */
export function matcher(term: string): (...texts: readonly string[]) => boolean {
  const words = fold(term).split(/\s+/).filter(Boolean);
  return (...texts) => {
    const text = fold(texts.join(" "));
    return words.every((word) => text.includes(word));
  };
}

/** Whom a new direct call can go to: people found by the server, and a user ID typed in full; nobody who is listed anyway. */
export function strangersOf(
  term: string,
  found: readonly Person[],
  rooms: readonly RoomSummary[],
  me: UserId,
): readonly Person[] {
  const typed = term.trim();
  const known = new Set<string>([me, ...rooms.flatMap(({ direct }) => direct ?? [])]);
  const people = new Map(found.filter(({ user }) => !known.has(user)).map((person) => [person.user, person]));
  if (isUserId(typed) && !known.has(typed) && !people.has(typed)) {
    people.set(typed, { user: typed, name: typed, avatar: null });
  }
  return [...people.values()];
}

const isRunning = (room: RoomSummary): room is RunningRoom => room.call !== null;

const fold = (text: string) => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
