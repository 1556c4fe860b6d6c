import type { Ring, SessionMember } from "../../shared/call/ring.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import { t } from "../../shared/messages/messages.ts";
import type { Person, RingState, RoomSummary } from "../../shared/state/app-state.ts";
import type { RingingChoice, Settings } from "../../shared/state/settings.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import type { MissedNotice, RingNotice } from "../ports.ts";
import type { SessionView } from "../rtc/types.ts";

const usual: RingingChoice = { mode: "default", tone: null, volume: null };

/** The user's word about a caller: in each respect what they said of the person, else what they said of the room. */
export function ringingChoice({ ringing }: Settings, room: RoomId, person: UserId): RingingChoice {
  const [ofPerson, ofRoom] = [ringing[person] ?? usual, ringing[room] ?? usual];
  return {
    mode: ofPerson.mode === "default" ? ofRoom.mode : ofPerson.mode,
    tone: ofPerson.tone ?? ofRoom.tone,
    volume: ofPerson.volume ?? ofRoom.volume,
  };
}

export interface RingFacts {
  readonly from: Person;
  readonly room: RoomSummary | undefined;
  readonly settings: Settings;
  readonly second: boolean;
  readonly test: boolean;
}

/** What the windows see of a ring. */
export function ringState(ring: Ring, { from, room, settings, second, test }: RingFacts): RingState {
  const { tone, volume } = ringingChoice(settings, ring.room, ring.from);
  const { id, intent, startedAt, expiresAt } = ring;
  return {
    id,
    from,
    room: ring.room,
    roomName: room && room.direct !== from.user ? room.name : null,
    intent,
    startedAt,
    expiresAt,
    second,
    tone: tone ?? settings.ringTone,
    volume: volume ?? settings.ringVolume,
    test,
  };
}

export function ringNotice({ id, from, roomName, intent, second, test }: RingState): RingNotice {
  const kind = t(intent === "video" ? "ring.video" : "ring.voice");
  const call = roomName === null ? kind : `${kind} ${t("ring.in-room", { room: roomName })}`;
  return { id, title: from.name, body: test ? t("ring.test") : call, intent, second };
}

export const missedNotice = (ring: Ring, from: Person): MissedNotice => ({
  id: ring.id,
  title: t("notification.missed", { name: from.name }),
  body: new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(ring.startedAt),
});

/** We answered, and the server does not have our member event yet. */
const ENTERING: EventId = "$entering";

/** Everybody in the room's call, as the ring judges them; `isOurs`: we are in it, or entering it. */
export function sessionMembers(
  sessions: readonly SessionView[],
  me: UserId,
  isOurs: boolean,
): readonly SessionMember[] {
  const session = sessions.find(({ slot }) => slot === CALL_SLOT);
  const members = (session?.members ?? []).map(({ user, eventId, own }): SessionMember => ({
    user,
    eventId,
    who: own ? "this-device" : user === me ? "own-device" : "other",
  }));
  const entering = isOurs && !members.some(({ who }) => who === "this-device");
  return entering ? [...members, { user: me, eventId: ENTERING, who: "this-device" }] : members;
}
