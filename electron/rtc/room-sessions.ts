import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { MemberEvent, Membership } from "../../shared/rtc/member-event.ts";
import {
  isSlotClosed,
  noSessions,
  stepSession,
  transportOf,
  type Place,
  type RoomSessions,
  type Session,
  type SessionEvent,
} from "../../shared/rtc/session.ts";
import { transportKey } from "../../shared/rtc/transports.ts";
import { sfuIdentity } from "./identity.ts";
import { Listeners } from "./listeners.ts";
import type { Clock, RtcMatrix } from "./ports.ts";
import { Timer } from "./timer.ts";
import type { MemberView, SessionView } from "./types.ts";

interface Watched {
  state: RoomSessions;
  readonly timer: Timer;
  /** Made of `sessions`, with our own device or without. */
  made: {
    readonly sessions: readonly Session[];
    readonly ours: boolean;
    readonly views: readonly SessionView[];
  };
}

const NOTHING: Watched["made"] = { sessions: noSessions.sessions, ours: false, views: [] };

/** The sessions of all rooms, kept as events come. Listeners hear of a room once for all that came in one turn. */
export class SessionWatch {
  readonly #matrix: RtcMatrix;
  readonly #clock: Clock;
  readonly #isOurs: (room: RoomId) => boolean;
  readonly #rooms = new Map<RoomId, Watched>();
  readonly #dirty = new Set<RoomId>();
  readonly #listeners = new Listeners<RoomId>();
  readonly #identities = new WeakMap<Membership, string>();
  readonly #stops: (() => void)[];

  /** `isOurs`: whether this run of the app is in the room's call; else a membership of our device is a ghost of an earlier run. */
  constructor(matrix: RtcMatrix, clock: Clock, isOurs: (room: RoomId) => boolean) {
    this.#matrix = matrix;
    this.#clock = clock;
    this.#isOurs = isOurs;
    this.#stops = [
      matrix.onEvent((room, event) => this.#heard(room, event)),
      matrix.onRoomMember((room, user, joined) => {
        if (user === matrix.user) this.#read(room);
        else this.#step(room, { type: "moved", user, joined, now: clock.now() });
      }),
      matrix.onRoomReset((room) => this.#read(room)),
    ];
    for (const room of matrix.rooms()) this.#read(room);
  }

  views(room: RoomId): readonly SessionView[] {
    const watched = this.#watched(room);
    const { sessions } = watched.state;
    const ours = this.#isOurs(room);
    if (watched.made.sessions !== sessions || watched.made.ours !== ours) {
      watched.made = { sessions, ours, views: this.#viewsOf(room, sessions, ours) };
    }
    return watched.made.views;
  }

  session(room: RoomId, slot: string): Session | undefined {
    return this.#watched(room).state.sessions.find((session) => session.slot === slot);
  }

  /** The newest word at a key, counted or not. */
  place(room: RoomId, key: string): Place | undefined {
    return this.#watched(room).state.places.get(key);
  }

  /** What one device says of itself in a session, at whatever keys; also what does not count. */
  stays(room: RoomId, slot: string, user: UserId, device: string): readonly Membership[] {
    return [...this.#watched(room).state.places.values()].flatMap(({ membership }) =>
      membership?.slot === slot && membership.user === user && membership.device === device
        ? [membership]
        : [],
    );
  }

  /** Whether sticky memberships of the slot do not count. */
  isClosed(room: RoomId, slot: string): boolean {
    return isSlotClosed(this.#watched(room).state.slots, slot);
  }

  identity(member: Membership): string {
    const known = this.#identities.get(member);
    if (known !== undefined) return known;
    const identity = sfuIdentity(member.identity);
    this.#identities.set(member, identity);
    return identity;
  }

  onChange(listener: (room: RoomId) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Something about the room's sessions changed that its events do not tell. */
  touch(room: RoomId): void {
    if (this.#dirty.size === 0) queueMicrotask(() => this.#announce());
    this.#dirty.add(room);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    for (const { timer } of this.#rooms.values()) timer.set(null);
  }

  #announce(): void {
    const rooms = [...this.#dirty];
    this.#dirty.clear();
    for (const room of rooms) this.#listeners.tell(room);
  }

  #heard(room: RoomId, event: MemberEvent): void {
    const joined = this.#matrix.isJoined(room, event.sender);
    this.#step(room, { type: "heard", event, joined, now: this.#clock.now() });
  }

  #read(room: RoomId): void {
    const matrix = this.#matrix;
    const events = matrix.isJoined(room, matrix.user) ? matrix.memberEvents(room) : [];
    const heard = events.map((event) => ({ event, joined: matrix.isJoined(room, event.sender) }));
    this.#step(room, { type: "read", events: heard, now: this.#clock.now() });
  }

  #watched(room: RoomId): Watched {
    const known = this.#rooms.get(room);
    if (known) return known;
    const timer = new Timer(this.#clock, () => this.#step(room, { type: "time", now: this.#clock.now() }));
    const watched: Watched = { state: noSessions, timer, made: NOTHING };
    this.#rooms.set(room, watched);
    this.#read(room);
    return watched;
  }

  #step(room: RoomId, event: SessionEvent): void {
    const watched = this.#watched(room);
    const before = watched.state;
    [watched.state] = stepSession(before, event);
    watched.timer.set(watched.state.nextExpiryAt);
    if (watched.state.sessions !== before.sessions || watched.state.places !== before.places)
      this.touch(room);
  }

  #viewsOf(room: RoomId, sessions: readonly Session[], ours: boolean): readonly SessionView[] {
    return sessions.flatMap((session) => {
      const all = session.members.map((member) => this.#memberView(session, member));
      const members = ours ? all : all.filter(({ own }) => !own);
      if (members.length === 0) return [];
      const { slot, application } = session;
      const intent = members.every((member) => member.intent === "audio") ? "audio" : "video";
      return [{ room, slot, application, intent, members }];
    });
  }

  #memberView(session: Session, member: Membership): MemberView {
    const { id, user, device, memberId, eventId, joinedAt, intent, followsOldest } = member;
    const transport = transportOf(session, member);
    return {
      id,
      user,
      device,
      memberId,
      eventId,
      transport,
      ...(followsOldest && { followsOldest }),
      identity: this.identity(member),
      joinedAt,
      intent,
      own: user === this.#matrix.user && device === this.#matrix.device,
      known: transportKey(transport) !== null,
    };
  }
}
