import type { RoomId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import { speaks } from "../../shared/rtc/transports.ts";
import type { OtherSession, Person, RoomSummary } from "../../shared/state/app-state.ts";
import type { SessionView } from "../rtc/types.ts";
import { ongoingCall, type PersonOf } from "./call-state.ts";

/** The room's call among its sessions: other slots are none, whatever application they name. */
export const roomCall = (sessions: readonly SessionView[]): SessionView | undefined =>
  sessions.find(({ slot }) => slot === CALL_SLOT);

type Shown = Pick<RoomSummary, "call" | "others">;

/**
 * What a room shows of its sessions (MSC4143: those of unknown applications and transports are shown as well). A call is one of the
 * others where none of its members publishes in a way that we speak: whoever joined it would see and hear nobody.
 */
export function sessionsShown(sessions: readonly SessionView[], personOf: PersonOf): Shown {
  const call = roomCall(sessions);
  const transport = call ? foreignTransport(call) : null;
  const others = sessions.filter((session) => session !== call || transport !== null);
  return {
    call: transport === null ? ongoingCall(call, personOf) : null,
    others: others.map((session) => otherSession(session, session === call ? transport : null, personOf)),
  };
}

function otherSession(session: SessionView, transport: string | null, personOf: PersonOf): OtherSession {
  const { room, slot, application, members } = session;
  return {
    slot,
    application,
    transport,
    since: Math.min(...members.map(({ joinedAt }) => joinedAt)),
    people: people(room, members, personOf),
  };
}

const people = (room: RoomId, members: SessionView["members"], personOf: PersonOf): readonly Person[] =>
  [...new Set(members.map(({ user }) => user))].map((user) => personOf(room, user));

/** The kind of transport of all in a call, where it is none of ours; null where one is ours, or says none. */
function foreignTransport({ members }: SessionView): string | null {
  const types = members.map(({ own, transport }) => (own ? null : (transport?.type ?? null)));
  const [first = null] = types;
  return types.some((type) => type === null || speaks(type)) ? null : first;
}
