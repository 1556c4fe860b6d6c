import type { CallRecord } from "../../shared/call/history.ts";
import type { UserId } from "../../shared/matrix/ids.ts";
import type { CallEntry, RoomSummary } from "../../shared/state/app-state.ts";
import type { PersonOf } from "./call-state.ts";

/** A call that does not go on. */
export type PastCall = CallRecord & { readonly outcome: CallEntry["outcome"] };
export const isPast = (call: CallRecord): call is PastCall => call.outcome !== "ongoing";

export interface EntryFacts {
  readonly call: PastCall;
  readonly me: UserId;
  readonly room: Pick<RoomSummary, "name" | "avatar" | "direct"> | undefined;
  readonly personOf: PersonOf;
  readonly fresh: boolean;
}

/** A call as the list shows it. Of a room that we left, all that is known is who was there. */
export function entryOf({ call, me, room, personOf, fresh }: EntryFacts): CallEntry {
  const person = (user: UserId) => personOf(call.room, user);
  const others = call.people.filter((user) => user !== me);
  const caller = person(call.caller);
  const shown = room?.direct
    ? person(room.direct)
    : (room ?? (call.caller === me && others[0] ? person(others[0]) : caller));
  return {
    id: call.id,
    room: call.room,
    name: shown.name,
    avatar: shown.avatar ?? room?.avatar ?? null,
    direct: room?.direct ?? null,
    direction: call.direction,
    outcome: call.outcome,
    intent: call.intent,
    caller,
    people: others.map(person),
    startedAt: call.startedAt,
    talkedMs: call.talkedMs,
    fresh,
  };
}
