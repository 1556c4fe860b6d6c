import type { EventId, UserId } from "../matrix/ids.ts";
import { beats, byAge, deviceKey, withDevice } from "./devices.ts";
import { readMemberEvent, type MemberEvent, type Membership } from "./member-event.ts";
import type { Transport } from "./transports.ts";

/** Who is in one session of a room. */
export interface Session {
  readonly slot: string;
  readonly application: string;
  /** Oldest first; never empty. */
  readonly members: readonly Membership[];
}

/** Everything that a room's member events say, and the sessions that follow from it. */
export interface RoomSessions {
  readonly places: ReadonlyMap<string, Place>;
  readonly slots: ReadonlyMap<string, SlotWord>;
  /** By slot, in the order of their names. */
  readonly sessions: readonly Session[];
  /** Epoch ms at which somebody expires unless a new event comes; null where nobody can. */
  readonly nextExpiryAt: number | null;
}

/** One state key, or one sticky key of a sender: the newest word there counts. */
export interface Place {
  readonly eventId: EventId;
  readonly sender: UserId;
  readonly sentAt: number;
  readonly membership: Membership | null;
  /** Whether the event itself was taken back, by whomever. */
  readonly redacted: boolean;
  /** Whether its sender is in the room. */
  readonly joined: boolean;
  /** Events that newer ones replaced here: they say nothing if they come again. */
  readonly replaced: readonly EventId[];
}

interface SlotWord {
  readonly slot: string;
  readonly open: boolean;
}

export interface HeardEvent {
  readonly event: MemberEvent;
  /** Whether the sender is in the room. */
  readonly joined: boolean;
}

export type SessionEvent =
  /** All that stands in the room now; what stood before is forgotten. */
  | { readonly type: "read"; readonly events: readonly HeardEvent[]; readonly now: number }
  | ({ readonly type: "heard"; readonly now: number } & HeardEvent)
  | { readonly type: "moved"; readonly user: UserId; readonly joined: boolean; readonly now: number }
  | { readonly type: "time"; readonly now: number };

export interface SessionChanged {
  readonly type: "session-changed";
  readonly slot: string;
}

export const noSessions: RoomSessions = {
  places: new Map(),
  slots: new Map(),
  sessions: [],
  nextExpiryAt: null,
};

const REPLACED_KEPT = 8;
/** No older sticky event can still come. */
const FORGOTTEN_MS = 2 * 3_600_000;

/** Member events → sessions. A change recomputes one device in one session, whatever the size of the room. */
export function stepSession(
  state: RoomSessions,
  event: SessionEvent,
): readonly [RoomSessions, readonly SessionChanged[]] {
  if (!concerns(state, event)) return [state, []];
  const draft = event.type === "read" ? new Draft(noSessions, event.now) : new Draft(state, event.now);
  switch (event.type) {
    case "read":
      for (const heard of event.events) draft.hear(heard);
      return draft.finishWhole(state);
    case "heard":
      draft.hear(event);
      break;
    case "moved":
      draft.move(event.user, event.joined);
      break;
    case "time":
      draft.expire();
      break;
  }
  return draft.finish(state);
}

/** Most of a room's people are in no call, and most of the time nobody expires. */
function concerns(state: RoomSessions, event: SessionEvent): boolean {
  if (event.type === "time") return state.nextExpiryAt !== null && state.nextExpiryAt <= event.now;
  if (event.type !== "moved") return true;
  for (const { sender, joined } of state.places.values()) {
    if (sender === event.user && joined !== event.joined) return true;
  }
  return false;
}

/** Where a member publishes, by the rule that they ask for. */
export function transportOf(session: Session, member: Membership): Transport | null {
  return member.followsOldest ? (session.members[0]?.transport ?? null) : member.transport;
}

/** A copy that one step may change. */
class Draft {
  readonly #now: number;
  readonly #places: Map<string, Place>;
  readonly #slots: Map<string, SlotWord>;
  /** Memberships whose device must be looked at again. */
  readonly #touched: Membership[] = [];
  readonly #reopened = new Set<string>();

  constructor(from: RoomSessions, now: number) {
    this.#now = now;
    this.#places = new Map(from.places);
    this.#slots = new Map(from.slots);
  }

  hear({ event, joined }: HeardEvent): void {
    const reading = readMemberEvent(event, this.#now);
    if (reading.kind === "unrelated") return;
    if (reading.kind === "slot") {
      this.#slots.set(reading.key, { slot: reading.slot, open: reading.open });
      this.#reopened.add(reading.slot);
      return;
    }
    const key = reading.key.startsWith("event|") ? this.#placeOf(event.eventId) : reading.key;
    if (key === null) return;
    const before = this.#places.get(key);
    if (before && !isNews(before, event)) return;
    const said = reading.kind === "member" ? reading.membership : null;
    const membership = said && sameStay(said, before?.membership ?? null);
    this.#put(key, before, {
      eventId: event.eventId,
      sender: event.sender,
      sentAt: event.sentAt,
      membership,
      redacted: event.redacted === true,
      joined,
      replaced: before ? withReplaced(before, event.eventId) : [],
    });
  }

  move(user: UserId, joined: boolean): void {
    for (const [key, place] of this.#places) {
      if (place.sender === user && place.joined !== joined) this.#put(key, place, { ...place, joined });
    }
  }

  expire(): void {
    for (const [key, place] of this.#places) {
      if (place.membership && place.membership.expiresAt <= this.#now) {
        this.#put(key, place, { ...place, membership: null });
      } else if (!place.membership && !key.startsWith("state|") && place.sentAt < this.#now - FORGOTTEN_MS) {
        this.#places.delete(key);
      }
    }
  }

  finish(state: RoomSessions): readonly [RoomSessions, readonly SessionChanged[]] {
    for (const { membership } of this.#places.values()) {
      if (membership && this.#reopened.has(membership.slot)) this.#touched.push(membership);
    }
    const sessions = new Map(state.sessions.map((session) => [session.slot, session]));
    const changed = new Set<string>();
    for (const membership of this.#touched) {
      const { slot, application } = membership;
      const members = sessions.get(slot)?.members ?? [];
      const fresh = withDevice(members, membership, this.#winner(membership));
      if (fresh === members) continue;
      changed.add(slot);
      if (fresh.length === 0) sessions.delete(slot);
      else sessions.set(slot, { slot, application, members: fresh });
    }
    return this.#finished(changed.size === 0 ? state.sessions : inOrder(sessions), changed);
  }

  /** All devices at once. */
  finishWhole(before: RoomSessions): readonly [RoomSessions, readonly SessionChanged[]] {
    const winners = new Map<string, Membership>();
    for (const place of this.#places.values()) {
      if (!place.membership || !this.#counts(place)) continue;
      const key = `${place.membership.slot}|${deviceKey(place.membership)}`;
      const other = winners.get(key);
      if (!other || beats(place.membership, other)) winners.set(key, place.membership);
    }
    const bySlot = Map.groupBy(winners.values(), ({ slot }) => slot);
    const sessions = new Map<string, Session>();
    for (const [slot, members] of bySlot) {
      const application = members[0]?.application ?? "";
      sessions.set(slot, { slot, application, members: members.toSorted(byAge) });
    }
    return this.#finished(
      inOrder(sessions),
      new Set([...sessions.keys(), ...before.sessions.map(({ slot }) => slot)]),
    );
  }

  #finished(
    sessions: readonly Session[],
    changed: ReadonlySet<string>,
  ): readonly [RoomSessions, readonly SessionChanged[]] {
    let nextExpiryAt: number | null = null;
    for (const { membership } of this.#places.values()) {
      if (membership && (nextExpiryAt === null || membership.expiresAt < nextExpiryAt)) {
        nextExpiryAt = membership.expiresAt;
      }
    }
    return [
      { places: this.#places, slots: this.#slots, sessions, nextExpiryAt },
      [...changed].map((slot) => ({ type: "session-changed", slot })),
    ];
  }

  #put(key: string, before: Place | undefined, place: Place): void {
    this.#places.set(key, place);
    if (before?.membership) this.#touched.push(before.membership);
    if (place.membership) this.#touched.push(place.membership);
  }

  #placeOf(eventId: EventId): string | null {
    for (const [key, place] of this.#places) if (place.eventId === eventId) return key;
    return null;
  }

  /** The one membership by which a device counts. */
  #winner(of: Membership): Membership | null {
    const device = deviceKey(of);
    let best: Membership | null = null;
    for (const place of this.#places.values()) {
      const membership = place.membership;
      if (membership?.slot !== of.slot || membership.user !== of.user || deviceKey(membership) !== device) {
        continue;
      }
      if (this.#counts(place) && (!best || beats(membership, best))) best = membership;
    }
    return best;
  }

  #counts({ membership, joined }: Place): boolean {
    if (!membership || !joined || membership.expiresAt <= this.#now) return false;
    // Slots came with sticky memberships; legacy ones do not know them.
    return membership.form === "legacy" || !isSlotClosed(this.#slots, membership.slot);
  }
}

/** Deployed clients open no slot: one of which nothing is said is open. */
export function isSlotClosed(slots: RoomSessions["slots"], slot: string): boolean {
  const words = [...slots.values()].filter((word) => word.slot === slot);
  return words.length > 0 && words.every(({ open }) => !open);
}

/** State has the server's order; sticky events are delivered in any. */
function isNews(before: Place, event: MemberEvent): boolean {
  if (event.eventId === before.eventId) return true;
  if (before.replaced.includes(event.eventId)) return false;
  if (event.stateKey !== null || event.sentAt > before.sentAt) return true;
  return event.sentAt === before.sentAt && event.eventId > before.eventId;
}

const withReplaced = (before: Place, eventId: EventId): readonly EventId[] =>
  before.eventId === eventId
    ? before.replaced
    : [...before.replaced.slice(1 - REPLACED_KEPT), before.eventId];

/** A sticky membership that is sent again is the same stay, though its event is new. */
function sameStay(said: Membership, before: Membership | null): Membership {
  return said.form === "sticky" && before?.id === said.id && before.joinedAt < said.joinedAt
    ? { ...said, joinedAt: before.joinedAt }
    : said;
}

const inOrder = (sessions: ReadonlyMap<string, Session>): readonly Session[] =>
  [...sessions.values()].toSorted((a, b) => (a.slot < b.slot ? -1 : 1));
