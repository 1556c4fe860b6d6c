import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { Call } from "../../shared/call/call.ts";
import type { Outgoing } from "../../shared/call/outgoing.ts";
import type {
  CallState,
  OngoingCall,
  Participant,
  Person,
  RoomSummary,
} from "../../shared/state/app-state.ts";
import type { JoinedCall, MemberView, SessionView } from "../rtc/types.ts";

export const CALL_APPLICATION = "m.call";

/** Who somebody is in a room. */
export type PersonOf = (room: RoomId, user: UserId) => Person;

export interface CallFacts {
  readonly call: Call;
  readonly room: RoomSummary | undefined;
  /** Of the call that is held. */
  readonly held: RoomSummary | null | undefined;
  readonly outgoing: Outgoing | null;
  readonly session: SessionView | undefined;
  readonly joined: JoinedCall | null;
  /** Our own transport, once found. */
  readonly transport: string | null;
  readonly personOf: PersonOf;
}

/** What the windows see of the call. */
export function callState(facts: CallFacts): CallState | null {
  const { call, room, held, outgoing, session, joined, transport, personOf } = facts;
  if (call.phase === "idle" || !room) return null;
  const rung = outgoing?.room === call.room && outgoing.ring !== "nobody" ? outgoing : null;
  return {
    room: call.room,
    name: room.name,
    avatar: room.avatar,
    direct: room.direct,
    encrypted: room.encrypted,
    intent: call.intent,
    phase: call.phase,
    outgoing: rung && {
      phase: rung.phase,
      people: rung.people.map((user) => personOf(call.room, user)),
    },
    held: held ? { room: held.id, name: held.name, avatar: held.avatar, direct: held.direct } : null,
    joinedAt: call.phase === "joined" ? call.joinedAt : null,
    membership: call.phase === "joined" ? call.membership : "none",
    error: call.phase === "lobby" ? call.error : null,
    safetyCode: null,
    transport,
    participants: (session?.members ?? []).map((member) =>
      participant(call.room, member, room.encrypted, joined, personOf),
    ),
  };
}

function participant(
  room: RoomId,
  member: MemberView,
  encrypted: boolean,
  joined: JoinedCall | null,
  personOf: PersonOf,
): Participant {
  const { name, avatar } = personOf(room, member.user);
  return {
    id: member.id,
    user: member.user,
    device: member.device,
    name,
    avatar,
    identity: member.identity,
    transport: member.known ? (member.transport?.serviceUrl ?? null) : null,
    foreign: member.known ? null : (member.transport?.type ?? null),
    local: member.own,
    joinedAt: member.joinedAt,
    key: joined ? joined.keyState(member.id) : encrypted ? "waiting" : "unneeded",
    ourKey: encrypted ? "waiting" : "unneeded",
    trust: "unknown",
    handAt: null,
    reaction: null,
  };
}

/** A running call as its room's row shows it: each person once. */
export function ongoingCall(session: SessionView | undefined, personOf: PersonOf): OngoingCall | null {
  const [oldest] = session?.members ?? [];
  if (!session || !oldest) return null;
  const users = [...new Set(session.members.map(({ user }) => user))];
  return {
    since: oldest.joinedAt,
    intent: session.intent,
    people: users.map((user) => personOf(session.room, user)),
  };
}
