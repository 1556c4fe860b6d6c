import type { EventId, UserId } from "../matrix/ids.ts";

/** How long a reaction is shown; while it is, further ones of the same member are not. */
export const REACTION_MS = 3_000;
/** What is older came with a gap in the sync, and nobody reacts to it any more. */
const STALE_MS = 10_000;
/** Anybody in the room may write as many as they like: so many are kept, and so many of one sender. */
const RAISED_KEPT = 256;
const RAISED_PER_SENDER = 8;
const WITHDRAWN_KEPT = 64;
/** A member event that was just replaced still is its sender's: their client may not have seen the new one. */
const EVENTS_KEPT = 4;
/** UTF-16 units; a family of four with skin tones has 19. */
const LONGEST_EMOJI = 32;

/** Costs milliseconds to make. */
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Raised hands and reactions in one call (as Element Call has them). */
export interface Hands {
  /** By member id. */
  readonly members: ReadonlyMap<string, Owner>;
  /** By the id of the event that raised it. */
  readonly raised: ReadonlyMap<EventId, RaisedHand>;
  /** Redacted lately: a late answer of the server does not raise them again. */
  readonly withdrawn: readonly EventId[];
  /** By member id. */
  readonly shown: ReadonlyMap<string, { readonly emoji: string; readonly until: number }>;
}

export interface HandMember {
  readonly id: string;
  readonly user: UserId;
  /** Their newest member event. */
  readonly eventId: EventId;
}

interface Owner {
  readonly user: UserId;
  /** Newest first. */
  readonly events: readonly EventId[];
}

export interface RaisedHand {
  readonly sender: UserId;
  /** The member event on which it was raised. */
  readonly of: EventId;
  /** Epoch ms. */
  readonly at: number;
}

export type HandSignal =
  | ({ readonly type: "raised"; readonly id: EventId } & RaisedHand)
  /** Any event was redacted. */
  | { readonly type: "withdrawn"; readonly id: EventId }
  | {
      readonly type: "reacted";
      readonly sender: UserId;
      readonly of: EventId;
      readonly emoji: string;
      readonly ageMs: number;
    };

export type HandEvent = { readonly now: number } & (
  | HandSignal
  | { readonly type: "members"; readonly members: readonly HandMember[] }
  | { readonly type: "time" | "forgotten" }
);

export const noHands: Hands = { members: new Map(), raised: new Map(), withdrawn: [], shown: new Map() };

/** The same state where nothing changes. */
export function stepHands(state: Hands, event: HandEvent): Hands {
  switch (event.type) {
    case "members":
      return withMembers(state, event.members);
    case "raised":
      return withRaised(state, event, event.now);
    case "withdrawn": {
      const raised = new Map(state.raised);
      raised.delete(event.id);
      return { ...state, raised, withdrawn: [...state.withdrawn.slice(1 - WITHDRAWN_KEPT), event.id] };
    }
    case "reacted":
      return withReaction(state, event, event.now);
    case "forgotten":
      return { ...state, raised: new Map() };
    case "time": {
      const shown = new Map([...state.shown].filter(([, { until }]) => until > event.now));
      return shown.size === state.shown.size ? state : { ...state, shown };
    }
  }
}

/** Epoch ms at which the next reaction is over. */
export const nextHandsAt = ({ shown }: Hands): number | null =>
  shown.size === 0 ? null : Math.min(...[...shown.values()].map(({ until }) => until));

/** Epoch ms at which the member raised their hand; a hand on an older member event of theirs is down. */
export function handAt({ raised }: Hands, { user, eventId }: HandMember): number | null {
  let first: number | null = null;
  for (const { sender, of, at } of raised.values()) {
    if (of === eventId && sender === user && (first === null || at < first)) first = at;
  }
  return first;
}

export const reactionOf = ({ shown }: Hands, member: string): string | null =>
  shown.get(member)?.emoji ?? null;

/** The first thing of the text that a person sees as one sign; null where that is none. */
export function firstGrapheme(text: string): string | null {
  const start = text.trimStart().slice(0, 2 * LONGEST_EMOJI);
  const [first] = graphemes.segment(start);
  if (!first || first.segment.length > LONGEST_EMOJI) return null;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(first.segment) ? first.segment : null;
}

function withMembers(state: Hands, list: readonly HandMember[]): Hands {
  const same =
    list.length === state.members.size &&
    list.every(({ id, eventId }) => state.members.get(id)?.events[0] === eventId);
  if (same) return state;
  const members = new Map(
    list.map(({ id, user, eventId }) => {
      const before = state.members.get(id)?.events ?? [];
      const events = [eventId, ...before.filter((other) => other !== eventId)].slice(0, EVENTS_KEPT);
      return [id, { user, events }];
    }),
  );
  const shown = new Map([...state.shown].filter(([id]) => members.has(id)));
  return { ...state, members, shown };
}

function withRaised(state: Hands, { id, sender, of, at }: RaisedHand & { id: EventId }, now: number): Hands {
  if (state.raised.has(id) || state.withdrawn.includes(id)) return state;
  const raised = new Map(state.raised);
  const same = [...raised].filter(([, other]) => other.sender === sender);
  const [oldest] = raised.keys();
  const [oldestOfTheirs] = same[0] ?? [];
  if (oldestOfTheirs && same.length >= RAISED_PER_SENDER) raised.delete(oldestOfTheirs);
  else if (oldest && raised.size >= RAISED_KEPT) raised.delete(oldest);
  // A clock that is ahead does not put anybody last.
  raised.set(id, { sender, of, at: Math.min(at, now) });
  return { ...state, raised };
}

function withReaction(
  state: Hands,
  { sender, of, emoji, ageMs }: Extract<HandSignal, { readonly type: "reacted" }>,
  now: number,
): Hands {
  if (ageMs > STALE_MS) return state;
  for (const [id, { user, events }] of state.members) {
    if (user !== sender || !events.includes(of)) continue;
    const sign = firstGrapheme(emoji);
    if (sign === null || (state.shown.get(id)?.until ?? -Infinity) > now) return state;
    return { ...state, shown: new Map(state.shown).set(id, { emoji: sign, until: now + REACTION_MS }) };
  }
  return state;
}
