import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import { LONGEST_RING_MS, RING_MS, type DeclineReason } from "../rtc/notification.ts";
import type { CallIntent, OutgoingState } from "../state/app-state.ts";

/** Whom a call of ours rings: nobody (it is announced), everybody in the room, or these. */
export type Rung = "nobody" | "everyone" | readonly UserId[];

/** A ring of our own into a call, from the wish to its outcome. */
export interface Outgoing {
  /** Names it in what the wire says of it, which may come late. */
  readonly id: number;
  readonly room: RoomId;
  /** A call to one person, which without them is over. */
  readonly direct: boolean;
  /** It goes with the beginning of the call, and not out at all where somebody is there already. */
  readonly atStart: boolean;
  readonly ring: Rung;
  readonly people: readonly UserId[];
  readonly intent: CallIntent;
  readonly phase: OutgoingState["phase"];
  /** The notification is on its way, or there. */
  readonly sent: boolean;
  readonly notification: EventId | null;
  /** Who was in the call all the while: they do not answer. */
  readonly present: readonly UserId[];
  /** Also of other notifications: a decline can overtake the server's word that ours is there. */
  readonly declines: readonly Decline[];
  /** Epoch ms at which the phase is over; null where it lasts as long as the call. */
  readonly until: number | null;
}

interface Decline {
  readonly user: UserId;
  readonly of: EventId;
  readonly reason: DeclineReason | null;
}

export type OutgoingEvent =
  | {
      readonly type: "asked";
      readonly id: number;
      readonly room: RoomId;
      readonly direct: boolean;
      readonly atStart: boolean;
      readonly ring: Rung;
      /** Whom that means, ourselves not included. */
      readonly people: readonly UserId[];
      readonly present: readonly UserId[];
      readonly intent: CallIntent;
      readonly now: number;
    }
  | {
      readonly type: "session";
      readonly room: RoomId;
      /** Our member event, once it stands. */
      readonly own: EventId | null;
      /** No other device is in it, not even another one of ours. */
      readonly first: boolean;
      readonly others: readonly UserId[];
      readonly now: number;
    }
  | {
      readonly type: "sent";
      readonly id: number;
      readonly notification: EventId;
      /** Epoch ms, our own clock. */
      readonly expiresAt: number;
      readonly now: number;
    }
  | { readonly type: "refused"; readonly id: number; readonly now: number }
  | ({ readonly type: "declined"; readonly room: RoomId; readonly now: number } & Decline)
  /** We are not in its call any more. */
  | { readonly type: "call-gone" }
  | { readonly type: "time"; readonly now: number };

export type OutgoingEffect =
  | {
      readonly type: "notify";
      readonly id: number;
      readonly room: RoomId;
      readonly member: EventId;
      readonly ring: Rung;
      readonly intent: CallIntent;
    }
  /** After the notification, also where that is still on its way. */
  | { readonly type: "withdraw"; readonly room: RoomId }
  /** The call is nothing without those who were rung. */
  | { readonly type: "give-up"; readonly room: RoomId };

export type OutgoingStep = readonly [Outgoing | null, readonly OutgoingEffect[]];

/** How long (ms) a call of many says what became of a ring. */
const TOLD_MS = 10_000;

export const isRinging = (
  outgoing: Outgoing | null,
): outgoing is Outgoing & { readonly phase: "calling" | "ringing" } =>
  outgoing?.phase === "calling" || outgoing?.phase === "ringing";

/** MSC4075 from the caller's side: calling, ringing, and what comes of it. */
export function stepOutgoing(outgoing: Outgoing | null, event: OutgoingEvent): OutgoingStep {
  if (event.type === "asked") return ask(outgoing, event);
  if (!outgoing) return [null, []];
  switch (event.type) {
    case "session":
      return event.room === outgoing.room ? meet(outgoing, event) : [outgoing, []];
    case "sent": {
      if (event.id !== outgoing.id || outgoing.phase !== "calling") return [outgoing, []];
      const { notification, now } = event;
      const until = Math.min(event.expiresAt, now + LONGEST_RING_MS);
      return judge({ ...outgoing, phase: "ringing", notification, until }, now);
    }
    case "refused":
      if (event.id !== outgoing.id || !isRinging(outgoing)) return [outgoing, []];
      return end({ ...outgoing, sent: false }, "failed", event.now);
    case "declined": {
      if (event.room !== outgoing.room || !isRinging(outgoing)) return [outgoing, []];
      const { user, of, reason, now } = event;
      return judge({ ...outgoing, declines: [...outgoing.declines, { user, of, reason }] }, now);
    }
    case "call-gone":
      return [null, withdrawal(outgoing)];
    case "time":
      if (outgoing.until === null || event.now < outgoing.until) return [outgoing, []];
      if (!isRinging(outgoing)) return [null, []];
      return end(outgoing, outgoing.phase === "ringing" ? "no-answer" : "failed", event.now);
  }
}

function ask(before: Outgoing | null, event: OutgoingEvent & { type: "asked" }): OutgoingStep {
  const { id, room, direct, atStart, ring, present, intent, now } = event;
  const people = event.people.filter((user) => !present.includes(user));
  // A ring into the same call replaces the notification itself.
  const effects = before && before.room !== room ? withdrawal(before) : [];
  if (typeof ring !== "string" && people.length === 0)
    return [before?.room === room ? before : null, effects];
  const fresh = { phase: "calling", sent: false, notification: null, declines: [] } as const;
  return [
    { id, room, direct, atStart, ring, people, present, intent, ...fresh, until: now + RING_MS },
    effects,
  ];
}

function meet(outgoing: Outgoing, event: OutgoingEvent & { type: "session" }): OutgoingStep {
  if (!isRinging(outgoing)) return [outgoing, []];
  const { id, room, ring, people, intent, sent, atStart } = outgoing;
  const { own, first, others } = event;
  const present = outgoing.present.filter((user) => others.includes(user));
  const now = { ...outgoing, present };
  if (!sent) {
    // Whoever came first has said of the call what there is to say.
    if (atStart && !first) return [null, []];
    if (own === null) return [now, []];
    const notify = { type: "notify", id, room, member: own, ring, intent } as const;
    return ring === "nobody" ? [null, [notify]] : [{ ...now, sent: true }, [notify]];
  }
  const answered = others.some(
    (user) => !present.includes(user) && (ring === "everyone" || people.includes(user)),
  );
  return answered ? [{ ...now, phase: "answered", until: null }, []] : [now, []];
}

/** Whether everybody who was rung declined. */
function judge(outgoing: Outgoing, now: number): OutgoingStep {
  const { people, declines, notification } = outgoing;
  const ours = declines.filter(({ of, user }) => of === notification && people.includes(user));
  const all = people.length > 0 && people.every((who) => ours.some(({ user }) => user === who));
  if (!all) return [outgoing, []];
  return end(outgoing, ours.every(({ reason }) => reason === "busy") ? "busy" : "declined", now);
}

function end(
  outgoing: Outgoing,
  phase: "declined" | "busy" | "no-answer" | "failed",
  now: number,
): OutgoingStep {
  const { room, direct } = outgoing;
  // A decline is an answer: there is nothing left to silence.
  const effects = phase === "declined" || phase === "busy" ? [] : withdrawal(outgoing);
  if (direct) return [{ ...outgoing, phase, until: null }, [...effects, { type: "give-up", room }]];
  return [{ ...outgoing, phase, until: now + TOLD_MS }, effects];
}

const withdrawal = (outgoing: Outgoing): readonly OutgoingEffect[] =>
  isRinging(outgoing) && outgoing.sent ? [{ type: "withdraw", room: outgoing.room }] : [];
