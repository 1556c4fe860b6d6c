import { RtcRequestError } from "../../electron/rtc/ports.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { MemberEvent } from "../../shared/rtc/member-event.ts";
import type { FakeClock } from "./fake-clock.ts";
import { FakeClient } from "./fake-matrix.ts";

const MEMBER = "org.matrix.msc3401.call.member";
const STICKY = "org.matrix.msc4143.rtc.member";

interface Room {
  readonly version: string;
  readonly encrypted: boolean;
  readonly joined: Set<UserId>;
  readonly events: Map<string, MemberEvent>;
  /** Who may not write call memberships. */
  readonly barred: Set<UserId>;
  /** The forms of membership that nobody may write. */
  readonly barredForms: Set<"legacy" | "sticky">;
  /** Events that only those devices can read that were there when they were sent. */
  readonly secret: Map<EventId, ReadonlySet<string>>;
  upgraded: boolean;
}

interface Delayed {
  readonly id: string;
  readonly room: RoomId;
  readonly sender: UserId;
  readonly type: string;
  /** Null for an event that is no state. */
  readonly key: string | null;
  readonly content: object;
  readonly delayMs: number;
  readonly stickyMs?: number;
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
  /** Whether it has sticky events. */
  hasSticky = true;
  /** Every member event that was accepted, in order. */
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
      barredForms: new Set(),
      secret: new Map(),
      upgraded: false,
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

  /** Whether somebody's power suffices for an event of this type. */
  maySend(id: RoomId, user: UserId, type: string): boolean {
    const { barred, barredForms } = this.get(id);
    return (
      !barred.has(user) &&
      !(type === MEMBER && barredForms.has("legacy")) &&
      !(type === STICKY && barredForms.has("sticky"))
    );
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
    if (!room.joined.has(sender) || !this.maySend(id, sender, type) || owned) {
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

  /** An event that is no state, sticky where it has that; `secret`: encrypted. */
  send(
    id: RoomId,
    sender: UserId,
    type: string,
    content: object,
    { stickyMs, secret = false }: { stickyMs: number; secret?: boolean },
  ): EventId {
    const room = this.get(id);
    if (!room.joined.has(sender) || !this.maySend(id, sender, type))
      throw new RtcRequestError("forbidden", "403 M_FORBIDDEN");
    const event: MemberEvent = {
      type,
      stateKey: null,
      sender,
      eventId: `$${this.#count++}`,
      sentAt: this.clock.now(),
      content: structuredClone(content),
      stickyUntil: this.hasSticky ? this.clock.now() + stickyMs : null,
    };
    const readers = this.clients.map(({ user, device }) => `${user}|${device}`);
    if (secret) room.secret.set(event.eventId, new Set(readers));
    const key = "msc4354_sticky_key" in content ? String(content.msc4354_sticky_key) : event.eventId;
    this.append(id, event, `${type}|${sender}|${key}`);
    return event.eventId;
  }

  /** Takes an event's content away, whoever does it. */
  redact(id: RoomId, eventId: EventId): void {
    for (const [place, event] of this.get(id).events) {
      if (event.eventId === eventId)
        this.append(id, { ...event, content: {}, stickyUntil: null, redacted: true }, place);
    }
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
    const now = this.clock.now();
    return [...this.get(id).events.values()].filter(({ type, sender, content, stickyUntil }) => {
      const said = Object.keys(content ?? {});
      const stands =
        type === MEMBER
          ? said.length > 0
          : type === STICKY && said.includes("member") && (stickyUntil ?? 0) > now;
      return sender === user && stands;
    });
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

  private fire({ room, sender, type, key, content, stickyMs = 0 }: Delayed): void {
    if (key === null) this.send(room, sender, type, content, { stickyMs });
    else this.write(room, sender, type, key, content);
  }

  private in(id: RoomId, also?: UserId): readonly FakeClient[] {
    const room = this.get(id);
    return this.clients.filter(({ user }) => room.joined.has(user) || user === also);
  }
}
