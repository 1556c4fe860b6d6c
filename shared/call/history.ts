import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import { RING_MS, type CallSignal } from "../rtc/notification.ts";
import type { CallIntent } from "../state/app-state.ts";
import { readFacts, type Decline, type Notice, type Stay } from "./history-facts.ts";
import { spansOf, type Span } from "./history-spans.ts";

/**
 * What the history is made of: signals as rooms have them, whenever and in whatever order they were heard. A `notified` counts
 * with whether it rang us (a judgement of its time).
 */
export type CallFact = (CallSignal | PutOff) & { readonly rangUs?: boolean };

/** A word of our own: this notification is to ring no more, and to be missed. */
export interface PutOff {
  readonly type: "put-off";
  readonly id: EventId;
  readonly room: RoomId;
  readonly sentAt: number;
}

/** One call of one room, from its first member or ring to its end. */
export interface CallRecord {
  /** The first event of the call. */
  readonly id: EventId;
  readonly room: RoomId;
  readonly direction: "incoming" | "outgoing";
  readonly caller: UserId;
  readonly intent: CallIntent;
  readonly outcome: CallOutcome;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms; null while it goes on. */
  readonly endedAt: number | null;
  /** Ms that we were in it with somebody, on any device; null where we never were. */
  readonly talkedMs: number | null;
  /** Everybody who was in it, in the order in which they came. */
  readonly people: readonly UserId[];
}

/** `answered` and `elsewhere` of incoming calls: on this device, or on another of ours. */
export type CallOutcome =
  "ongoing" | "answered" | "elsewhere" | "missed" | "declined" | "no-answer" | "busy" | "cancelled";

export interface Me {
  readonly user: UserId;
  readonly device: string;
}

/** Our leave at the end of a ring has another clock's time than that end: a little earlier is not yet a cancel (ms). */
const AT_THE_END_MS = 3_000;

/** What the facts of one room tell at a moment. */
export interface RoomCalls {
  /** Oldest first. */
  readonly calls: readonly CallRecord[];
  /** Epoch ms at which time alone changes them; null if never. */
  readonly changesAt: number | null;
}

/**
 * The calls of one room that are ours: that rang us, that we rang for, or that we were in with somebody. Neither the order of the
 * facts matters nor how often each is there.
 */
export function readCalls(facts: readonly CallFact[], me: Me, now: number): RoomCalls {
  const read = readFacts(facts);
  const calls: CallRecord[] = [];
  let next = Infinity;
  for (const span of spansOf(read, now)) {
    const declines = read.declines.flatMap((decline) => {
      const notice = span.notices.find(({ id }) => id === decline.of);
      return notice ? [{ decline, notice }] : [];
    });
    const call = record({ span, declines, me, now });
    if (!call) continue;
    calls.push(call);
    if (call.endedAt === null) next = Math.min(next, ...endsOf(span).filter((at) => at > now));
  }
  return { calls, changesAt: next === Infinity ? null : next };
}

/** Oldest first; see `readCalls`. */
export const callsOf = (facts: readonly CallFact[], me: Me, now: number): readonly CallRecord[] =>
  readCalls(facts, me, now).calls;

const endsOf = ({ stays, notices }: Span): readonly number[] => [
  ...stays.filter(({ left }) => !left).map(({ until }) => until),
  ...notices.filter(({ withdrawn }) => !withdrawn).map(({ expiresAt }) => expiresAt),
];

/** A call and who we are in it. */
interface View {
  readonly span: Span;
  readonly declines: readonly { readonly decline: Decline; readonly notice: Notice }[];
  readonly me: Me;
  readonly now: number;
}

function record(view: View): CallRecord | null {
  const { span, me, now } = view;
  const { first, stays, notices, endedAt } = span;
  // What others ring each other says nothing of us.
  const ring = notices.find(({ kind, sender, rangUs }) => kind === "ring" && (sender === me.user || rangUs));
  const caller = (ring ?? first).sender;
  const direction = caller === me.user ? "outgoing" : "incoming";
  const outcome = direction === "outgoing" ? outgoing(view) : incoming(view);
  if (outcome === null) return null;
  const talked = talkedMs(stays, me, now);
  return {
    id: first.id,
    room: first.room,
    direction,
    caller,
    intent: (ring ?? notices[0])?.intent ?? stays[0]?.intent ?? "video",
    outcome,
    startedAt: first.at,
    endedAt,
    talkedMs: talked > 0 ? talked : null,
    people: [...new Set(stays.map(({ sender }) => sender))],
  };
}

function outgoing({ span, declines, me }: View): CallOutcome | null {
  const { stays, notices, endedAt } = span;
  const rings = notices.filter(({ kind, sender }) => kind === "ring" && sender === me.user);
  const answered = stays.some(({ sender }) => sender !== me.user);
  // Nobody was asked to come, and nobody did.
  if (rings.length === 0 && !answered) return null;
  if (endedAt === null) return "ongoing";
  if (answered) return "answered";
  const refusal = declines.find(({ notice, decline }) => rings.includes(notice) && isCallee(notice, decline));
  if (refusal) return refusal.decline.reason === "busy" ? "busy" : "declined";
  // A ring alone is withdrawn early; one with a stay also when nobody answered, so that there the leave decides.
  if (stays.length === 0) return rings.some(({ withdrawn }) => withdrawn) ? "cancelled" : "no-answer";
  const rangUntil = Math.max(...rings.map(({ at, endsAt }) => Math.min(endsAt, at + RING_MS)));
  return endedAt < rangUntil - AT_THE_END_MS ? "cancelled" : "no-answer";
}

/** Somebody whom the ring was for; an old one does not say for whom it is. */
const isCallee = ({ sender: caller, users, everyone }: Notice, { sender }: Decline): boolean =>
  sender !== caller && (everyone || users.length === 0 || users.includes(sender));

function incoming({ span, declines, me, now }: View): CallOutcome | null {
  const { stays, notices, endedAt } = span;
  const ours = stays.filter(({ sender }) => sender === me.user);
  if (ours.length > 0) {
    if (endedAt === null) return "ongoing";
    return ours.some(({ device }) => device === me.device) ? "answered" : "elsewhere";
  }
  if (declines.some(({ decline }) => decline.sender === me.user)) return "declined";
  const rings = notices.filter(({ kind, rangUs }) => kind === "ring" && rangUs);
  if (rings.length === 0) return null;
  // It is missed when it rings no more, even if others go on for hours.
  const isRinging = rings.some(
    ({ withdrawn, putOff, expiresAt }) => !withdrawn && !putOff && now < expiresAt,
  );
  return isRinging && endedAt === null ? "ongoing" : "missed";
}

/** How long somebody of us and somebody else were there at once (ms). */
function talkedMs(stays: readonly Stay[], me: Me, now: number): number {
  const edges = stays.flatMap(({ sender, at, until, left }) => {
    const end = left ? until : Math.max(at, Math.min(until, now));
    const ours = sender === me.user;
    return [
      { at, by: 1, ours },
      { at: end, by: -1, ours },
    ];
  });
  let ours = 0;
  let others = 0;
  let since = 0;
  let total = 0;
  for (const edge of edges.toSorted((a, b) => a.at - b.at)) {
    if (ours > 0 && others > 0) total += edge.at - since;
    since = edge.at;
    if (edge.ours) ours += edge.by;
    else others += edge.by;
  }
  return total;
}
