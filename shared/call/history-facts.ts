import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import { LONGEST_RING_MS, type CallNotification } from "../rtc/notification.ts";
import type { CallIntent } from "../state/app-state.ts";
import type { CallFact } from "./history.ts";

/** One device's time in a call, from its first event to its leave, its expiry or what took its place. Times are epoch ms. */
export interface Stay {
  /** The first of its events. */
  readonly id: EventId;
  readonly room: RoomId;
  readonly sender: UserId;
  readonly device: string;
  readonly slot: string;
  readonly intent: CallIntent | null;
  readonly at: number;
  readonly until: number;
  /** It ended by an event; else by its time alone. */
  readonly left: boolean;
  readonly events: readonly EventId[];
}

/** A notification as the history reads it. */
export interface Notice extends Omit<CallNotification, "sentAt"> {
  readonly at: number;
  /** In the time of events, as `at` is; `expiresAt` is of our own clock. */
  readonly endsAt: number;
  readonly rangUs: boolean;
  readonly withdrawn: boolean;
  readonly putOff: boolean;
}

export type Decline = Extract<CallFact, { type: "declined" }>;
type MemberFact = Extract<CallFact, { type: "membership" }>;
type Kinds = { [K in CallFact["type"]]: Extract<CallFact, { type: K }>[] };

/** What facts have in common that tell of the same: the first heard is enough, unless a later one knows that it rang us. */
export function factKey(fact: CallFact): string {
  switch (fact.type) {
    case "notified":
      return fact.notification.id;
    case "declined":
      return fact.id;
    case "withdrawn":
    case "put-off":
      return `${fact.type} ${fact.id}`;
    case "membership":
      // A redacted event says under its own id that nobody is there.
      return fact.joined ? fact.id : `left ${fact.id}`;
  }
}

/** Where it happened. */
export const roomOfFact = (fact: CallFact): RoomId =>
  fact.type === "notified" ? fact.notification.room : fact.room;

/** Epoch ms; null where it is not told. */
export const timeOfFact = (fact: CallFact): number | null =>
  fact.type === "notified" ? fact.notification.sentAt : fact.type === "withdrawn" ? null : fact.sentAt;

/** The facts in order, each once, as stays, notifications and declines of calls. */
export function readFacts(facts: readonly CallFact[]) {
  const kinds: Kinds = { notified: [], declined: [], withdrawn: [], membership: [], "put-off": [] };
  for (const fact of once(facts)) sortIn(kinds, fact);
  const withdrawn = new Set(kinds.withdrawn.map(({ id }) => id));
  const putOff = new Set(kinds["put-off"].map(({ id }) => id));
  return {
    stays: staysOf(kinds.membership.toSorted(byTime), withdrawn).filter(isOfCall),
    notices: kinds.notified
      .map((fact) => notice(fact, withdrawn, putOff))
      .filter(isOfCall)
      .toSorted(byPlaceInTime),
    declines: kinds.declined.toSorted(byTime),
  };
}

/** Earliest first; of the same time, by id. */
export const byPlaceInTime = (a: Placed, b: Placed): number => a.at - b.at || compare(a.id, b.id);
interface Placed {
  readonly at: number;
  readonly id: string;
}

const isOfCall = ({ slot }: { readonly slot: string }): boolean => slot.startsWith("m.call#");

function once(facts: readonly CallFact[]): Iterable<CallFact> {
  const known = new Map<string, CallFact>();
  for (const fact of facts) {
    const key = factKey(fact);
    const other = known.get(key);
    if (!other || isBetter(fact, other)) known.set(key, fact);
  }
  return known.values();
}

/** The same event read at two times may differ in when it expires; which one counts must not depend on the order. */
function isBetter(fact: CallFact, than: CallFact): boolean {
  const [rings, rang] = [fact.rangUs === true, than.rangUs === true];
  return rings === rang ? JSON.stringify(fact) < JSON.stringify(than) : rings;
}

function sortIn(kinds: Kinds, fact: CallFact): void {
  if (fact.type === "notified") kinds.notified.push(fact);
  else if (fact.type === "declined") kinds.declined.push(fact);
  else if (fact.type === "withdrawn") kinds.withdrawn.push(fact);
  else if (fact.type === "put-off") kinds["put-off"].push(fact);
  else kinds.membership.push(fact);
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

function byTime(a: MemberFact | Decline, b: MemberFact | Decline): number {
  const left = (fact: MemberFact | Decline) => Number(fact.type === "membership" && !fact.joined);
  return a.sentAt - b.sentAt || compare(a.id, b.id) || left(a) - left(b);
}

function notice(
  { notification, rangUs }: Kinds["notified"][number],
  withdrawn: ReadonlySet<EventId>,
  putOff: ReadonlySet<EventId>,
): Notice {
  const { sentAt: at, ...rest } = notification;
  const endsAt = Math.max(at, Math.min(rest.expiresAt, at + LONGEST_RING_MS));
  const { id } = rest;
  return {
    ...rest,
    at,
    endsAt,
    rangUs: rangUs === true,
    withdrawn: withdrawn.has(id),
    putOff: putOff.has(id),
  };
}

function staysOf(facts: readonly MemberFact[], withdrawn: ReadonlySet<EventId>): readonly Stay[] {
  const done: Stay[] = [];
  const open = new Map<string, Stay>();
  for (const fact of facts) {
    const { joined, place, sentAt } = fact;
    const before = open.get(place);
    if (before && joined && isSameStay(before, fact)) {
      const until = Math.max(sentAt, joined.expiresAt);
      open.set(place, { ...before, until, events: [...before.events, fact.id] });
      continue;
    }
    if (before) done.push({ ...before, until: Math.min(before.until, sentAt), left: true });
    open.delete(place);
    const stay = begun(fact);
    if (stay) open.set(place, stay);
  }
  // A redaction names an event and no time: nothing is known of the stay after that event.
  const at = new Map(facts.map((fact) => [fact.id, fact.sentAt]));
  return [...done, ...open.values()].map((stay) => {
    const last = stay.events.at(-1);
    if (last === undefined || !withdrawn.has(last)) return stay;
    return { ...stay, until: Math.min(stay.until, at.get(last) ?? stay.at), left: true };
  });
}

/** A renewal, and not a return after the time was over. */
const isSameStay = (stay: Stay, { joined, sender, sentAt }: MemberFact): boolean =>
  stay.sender === sender &&
  stay.device === joined?.device &&
  stay.slot === joined.slot &&
  sentAt <= stay.until;

function begun({ id, room, sender, joined, sentAt }: MemberFact): Stay | null {
  if (!joined) return null;
  const { device, slot, intent, expiresAt } = joined;
  const until = Math.max(sentAt, expiresAt);
  return { id, room, sender, device, slot, intent, at: sentAt, until, left: false, events: [id] };
}
