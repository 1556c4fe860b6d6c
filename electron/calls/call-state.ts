import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { Call } from "../../shared/call/call.ts";
import type { Outgoing } from "../../shared/call/outgoing.ts";
import type {
  CallState,
  LostCall,
  OngoingCall,
  Participant,
  Person,
  RoomSummary,
} from "../../shared/state/app-state.ts";
import { transportKey } from "../../shared/rtc/transports.ts";
import type { JoinedCall, MemberView, SessionView } from "../rtc/types.ts";

/** Who somebody is in a room. */
export type PersonOf = (room: RoomId, user: UserId) => Person;

/** What is known of the people in a call besides their memberships. */
export interface Knowledge {
  marks(room: RoomId, member: MemberView): Pick<Participant, "trust" | "handAt" | "reaction">;
  /** See `CallState.safetyCode`; of the call that we are in. */
  safetyCode(room: RoomId, members: readonly MemberView[]): string | null;
}

export interface CallFacts {
  readonly call: Call;
  readonly room: RoomSummary | undefined;
  /** Of the call that is held. */
  readonly held: RoomSummary | null | undefined;
  readonly lost: LostCall | null;
  readonly outgoing: Outgoing | null;
  readonly session: SessionView | undefined;
  readonly joined: JoinedCall | null;
  /** Our own transport, once found. */
  readonly transport: string | null;
  readonly personOf: PersonOf;
  readonly knowledge: Knowledge;
}

/** What the windows see of the call. */
export function callState(facts: CallFacts): CallState | null {
  const { call, room, held, lost, outgoing, session, transport, knowledge, personOf } = facts;
  if (call.phase === "idle" || !room) return null;
  const members = session?.members ?? [];
  const isMutual = room.encrypted && call.phase === "joined";
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
    ...(lost && { lost }),
    joinedAt: call.phase === "joined" ? call.joinedAt : null,
    membership: call.phase === "joined" ? call.membership : "none",
    error: call.phase === "lobby" ? call.error : null,
    safetyCode: isMutual ? knowledge.safetyCode(call.room, members) : null,
    transport,
    participants: members.map((member) => participant(facts, call.room, member, room.encrypted)),
  };
}

function participant(
  { joined, personOf, knowledge }: CallFacts,
  room: RoomId,
  member: MemberView,
  encrypted: boolean,
): Participant {
  const { name, avatar } = personOf(room, member.user);
  return {
    id: member.id,
    user: member.user,
    device: member.device,
    name,
    avatar,
    identity: member.identity,
    transport: transportKey(member.transport),
    ...(member.followsOldest && { followsOldest: true }),
    foreign: member.known ? null : (member.transport?.type ?? null),
    local: member.own,
    joinedAt: member.joinedAt,
    key: joined ? joined.keyState(member.id) : encrypted ? "waiting" : "unneeded",
    ourKey: joined ? joined.ourKeyState(member.id) : encrypted ? "waiting" : "unneeded",
    ...knowledge.marks(room, member),
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
