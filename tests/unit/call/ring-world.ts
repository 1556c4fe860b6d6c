import type { CallNotification } from "../../../shared/rtc/notification.ts";
import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import {
  noRings,
  stepRing,
  type RingEffect,
  type RingEvent,
  type Rings,
  type SessionMember,
  type Standing,
} from "../../../shared/call/ring.ts";

export const NOW = 1_800_000_000_000;
export const ME = "@me:hs";
export const ALICE = "@alice:hs";
export const CAROL = "@carol:hs";
export const ROOM = "!direct:hs";
export const OTHER_ROOM = "!other:hs";

/** Times of notices and events are ms after `NOW`. */
const notice = (over: Partial<CallNotification> = {}): CallNotification => {
  const { sentAt = 0, expiresAt = 90_000, ...rest } = over;
  return {
    id: "$1",
    room: ROOM,
    sender: ALICE,
    kind: "ring",
    slot: "m.call#ROOM",
    member: "$alice",
    users: [ME],
    everyone: false,
    intent: "video",
    ...rest,
    sentAt: NOW + sentAt,
    expiresAt: NOW + expiresAt,
  };
};

export const direct: Standing = {
  joined: true,
  ignored: false,
  direct: true,
  mayMentionRoom: false,
  ringing: "default",
};

export const member = (user: UserId, who: SessionMember["who"] = "other"): SessionMember => ({
  user,
  eventId: `$${user.slice(1)}`,
  who,
});
export const alice = member(ALICE);
export const carol = member(CAROL);
export const thisDevice = member(ME, "this-device");
export const ownDevice = member(ME, "own-device");

type Notified = Extract<RingEvent, { type: "notified" }>;

export const notified = (over: Partial<CallNotification> = {}, more: Partial<Notified> = {}): Notified => {
  const { now = 0, ...rest } = more;
  return {
    type: "notified",
    notification: notice(over),
    standing: direct,
    disturb: { quiet: false, repeatPasses: true },
    me: ME,
    members: [alice],
    ...rest,
    now: NOW + now,
  };
};

export const at = (now: number): RingEvent => ({ type: "time", now: NOW + now });
export const session = (members: readonly SessionMember[], now: number, room: RoomId = ROOM): RingEvent => ({
  type: "session",
  room,
  members,
  now: NOW + now,
});
export const declined = (of: EventId, now: number, mine = true): RingEvent => ({
  type: "declined",
  of,
  mine,
  now: NOW + now,
});
export const withdrawn = (id: EventId, now: number): RingEvent => ({ type: "withdrawn", id, now: NOW + now });
export const said = (type: "answered" | "refused" | "put-off", ring: EventId, now: number): RingEvent => ({
  type,
  ring,
  now: NOW + now,
});
export const left = (room: RoomId, now: number): RingEvent => ({ type: "room-left", room, now: NOW + now });
export const tested = (now: number): RingEvent => ({ type: "tested", room: ROOM, from: ME, now: NOW + now });
export const signedOut: RingEvent = { type: "signed-out" };

/** As the disk has it. */
export const restarted = (state: Rings): Rings => {
  const read: Rings = JSON.parse(JSON.stringify(state));
  return read;
};

export function play(
  events: readonly RingEvent[],
  from: Rings = noRings,
): { readonly state: Rings; readonly effects: readonly RingEffect[] } {
  let state = from;
  const effects: RingEffect[] = [];
  for (const event of events) {
    const [next, more] = stepRing(state, event);
    state = next;
    effects.push(...more);
  }
  return { state, effects };
}

/** Effects in words: `started $1`, `started $1 unseen`, `ended $1 expired`, `decline $1`. */
export const words = (effects: readonly RingEffect[]): readonly string[] =>
  effects.map((effect) => {
    switch (effect.type) {
      case "started":
        return `started ${effect.ring.id}${effect.ring.shown ? "" : " unseen"}`;
      case "revealed":
        return `revealed ${effect.ring.id}`;
      case "ended":
        return `ended ${effect.ring.id} ${effect.why}`;
      case "decline":
        return `decline ${effect.of}`;
    }
  });

export const played = (events: readonly RingEvent[], from?: Rings): readonly string[] =>
  words(play(events, from).effects);
