import { RtcRequestError } from "../../electron/rtc/ports.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { MemberEvent } from "../../shared/rtc/member-event.ts";
import type { FakeClock } from "./fake-clock.ts";
import { FakeClient } from "./fake-matrix.ts";

const MEMBER = "org.matrix.msc3401.call.member";

interface Room {
  readonly version: string;
  readonly encrypted: boolean;
  readonly joined: Set<UserId>;
  readonly events: Map<string, MemberEvent>;
  /** Who may not write call memberships. */
  readonly barred: Set<UserId>;
}

interface Delayed {
  readonly id: string;
  readonly room: RoomId;
  readonly sender: UserId;
  readonly type: string;
  readonly key: string;
  readonly content: object;
  readonly delayMs: number;
  stop: () => void;
}

/** What a homeserver does to call memberships, delayed events and to-device messages, as Synapse 1.163 was seen to do it. */
export class FakeHomeserver {
  readonly clock: FakeClock;
  readonly rooms = new Map<RoomId, Room>();
  readonly clients: FakeClient[] = [];
  readonly delayed = new Map<string, Delayed>();
  transports: readonly unknown[] = [{ type: "livekit", livekit_service_url: "https://sfu.hs" }];
  /** Null: it has no delayed events. */
  maxDelayMs: number | null = 86_400_000;
  /** Every state write that was accepted, in order. */
  readonly writes: MemberEvent[] = [];
  #count = 0;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  room(id: RoomId, users: readonly UserId[], { version = "12", encrypted = true } = {}): RoomId {
    this.rooms.set(id, {
      version,
      encrypted,
      joined: new Set(users),
      events: new Map(),
      barred: new Set(),
    });
    return id;
  }

  /** A device signs in; everybody hears of it, and knows its keys once they asked. */
  signIn(user: UserId, device: string): FakeClient {
    const client = new FakeClient(this, user, device);
    this.clients.push(client);
    for (const other of this.clients) other.down(() => other.hear("devices", user));
    return client;
  }

  /** The process is gone: no more syncing, nothing cleaned up. */
  kill(client: FakeClient): void {
    client.network = "dead";
    this.clients.splice(this.clients.indexOf(client), 1);
  }

  leaveRoom(id: RoomId, user: UserId): void {
    this.get(id).joined.delete(user);
    for (const client of this.in(id, user)) client.down(() => client.moved(id, user, false));
  }

  joinRoom(id: RoomId, user: UserId): void {
    this.get(id).joined.add(user);
    for (const client of this.in(id, user)) client.down(() => client.moved(id, user, true));
  }

  get(id: RoomId): Room {
    const room = this.rooms.get(id);
    if (!room) throw new RtcRequestError("not-found", "no such room");
    return room;
  }

  /** A state event, with the permissions and side effects that it has. */
  write(id: RoomId, sender: UserId, type: string, key: string, content: object): EventId {
    const room = this.get(id);
    const owned = key.startsWith("@") && !key.startsWith(sender);
    if (!room.joined.has(sender) || room.barred.has(sender) || owned) {
      throw new RtcRequestError("forbidden", "403 M_FORBIDDEN");
    }
    const before = room.events.get(`${type}|${key}`);
    if (before?.sender === sender && JSON.stringify(before.content) === JSON.stringify(content)) {
      return before.eventId;
    }
    for (const delayed of this.delayed.values()) {
      const same = delayed.room === id && delayed.type === type && delayed.key === key;
      if (same && delayed.sender !== sender) this.drop(delayed);
    }
    const event: MemberEvent = {
      type,
      stateKey: key,
      sender,
      eventId: `$${this.#count++}`,
      sentAt: this.clock.now(),
      content: structuredClone(content),
      stickyUntil: null,
    };
    this.append(id, event, `${type}|${key}`);
    return event.eventId;
  }

  /** Any event as the server hands it out, whatever it thinks of it. */
  append(id: RoomId, event: MemberEvent, place: string): void {
    this.get(id).events.set(place, event);
    this.writes.push(event);
    for (const client of this.in(id)) client.down(() => client.synced(id, place, event));
  }

  schedule(delayed: Omit<Delayed, "id" | "stop">): string {
    if (this.maxDelayMs === null) throw new RtcRequestError("unsupported", "404 M_UNRECOGNIZED");
    if (delayed.delayMs > this.maxDelayMs) throw new RtcRequestError("too-long", "400");
    const scheduled: Delayed = { ...delayed, id: `syd_${this.#count++}`, stop: () => {} };
    this.delayed.set(scheduled.id, scheduled);
    this.restart(scheduled);
    return scheduled.id;
  }

  update(id: string, action: "restart" | "cancel" | "send"): void {
    const delayed = this.delayed.get(id);
    if (!delayed) throw new RtcRequestError("not-found", "404 M_NOT_FOUND");
    if (action === "restart") return this.restart(delayed);
    this.drop(delayed);
    if (action === "send") this.fire(delayed);
  }

  /** The call memberships of a user that stand, as everybody would read them. */
  standing(id: RoomId, user: UserId): readonly MemberEvent[] {
    return [...this.get(id).events.values()].filter(
      ({ type, sender, content }) =>
        type === MEMBER && sender === user && Object.keys(content ?? {}).length > 0,
    );
  }

  private restart(delayed: Delayed): void {
    delayed.stop();
    delayed.stop = this.clock.after(delayed.delayMs, () => {
      this.drop(delayed);
      try {
        this.fire(delayed);
      } catch (error) {
        // It fails silently when due, as the server's does.
        if (!(error instanceof RtcRequestError)) throw error;
      }
    });
  }

  private drop(delayed: Delayed): void {
    delayed.stop();
    this.delayed.delete(delayed.id);
  }

  private fire({ room, sender, type, key, content }: Delayed): void {
    this.write(room, sender, type, key, content);
  }

  private in(id: RoomId, also?: UserId): readonly FakeClient[] {
    const room = this.get(id);
    return this.clients.filter(({ user }) => room.joined.has(user) || user === also);
  }
}
