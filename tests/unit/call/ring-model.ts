import fc from "fast-check";
import { expect } from "vitest";

import type { RingEvent, Rings } from "../../../shared/call/ring.ts";
import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { CallNotification } from "../../../shared/rtc/notification.ts";
import { ALICE, CAROL, ME, NOW, OTHER_ROOM, ROOM } from "./ring-world.ts";

export type Notice = Omit<CallNotification, "expiresAt"> & { readonly lifetimeMs: number };

/** Notifications that the world sends, most of them valid. */
export const notices: fc.Arbitrary<readonly Notice[]> = fc
  .array(
    fc.record({
      room: fc.constantFrom<RoomId[]>(ROOM, OTHER_ROOM),
      sender: fc.constantFrom<UserId[]>(ALICE, CAROL),
      kind: fc.constantFrom<CallNotification["kind"][]>("ring", "ring", "ring", "announcement"),
      users: fc.constantFrom<UserId[][]>([ME], [ME, CAROL], [CAROL]),
      member: fc.constantFrom<(EventId | null)[]>("$m1", "$m2", null),
      sent: fc.nat({ max: 5 }),
      lifetimeMs: fc.constantFrom(0, 5_000, 30_000, 90_000, 120_000, 500_000),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    all.map(({ sent, ...rest }, index) => ({
      ...rest,
      id: `$${index}` as const,
      slot: "m.call#ROOM",
      everyone: false,
      intent: "video" as const,
      sentAt: NOW + sent,
    })),
  );

interface Live {
  readonly notification: CallNotification;
  readonly until: number;
  readonly loud: boolean;
  rings: boolean;
}

/** What ought to ring: the rules once more, one notification at a time, with no rings, merging or persistence. */
export class RingModel {
  #live: Live[] = [];
  #heard = new Set<EventId>();
  /** Until when (epoch ms) what comes of each may not ring. */
  #refused = new Map<EventId, number>();
  /** When each person's ring began, of those that ring. */
  readonly #since = new Map<UserId, number>();
  #begun: { readonly user: UserId; readonly at: number }[] = [];
  #present = new Map<RoomId, readonly UserId[]>();
  /** Of people, whether what they rang with ought to be seen. */
  readonly #seen = new Set<UserId>();

  take(event: RingEvent, state: Rings, now: number): void {
    this.#keep(
      ({ until, rings, notification: { sender } }) =>
        until > now && !(rings && (this.#since.get(sender) ?? now) + 120_000 <= now),
    );
    switch (event.type) {
      case "notified":
        this.#hear(event, now);
        break;
      case "session":
        this.#meet(event, now);
        break;
      case "declined": {
        const of = this.#live.find(({ notification }) => notification.id === event.of)?.notification;
        if (!event.mine) break;
        this.#refused.set(event.of, Infinity);
        this.#keep(
          ({ notification: { room, sender, sentAt } }) =>
            !of || room !== of.room || sender !== of.sender || sentAt > of.sentAt,
        );
        break;
      }
      case "withdrawn":
        if (this.#live.some(({ notification: { id } }) => id === event.id))
          this.#refused.set(event.id, Infinity);
        else if (!this.#isRefused(event.id, now)) this.#refused.set(event.id, now + 120_000);
        this.#keep(({ notification: { id, member } }) => id !== event.id && member !== event.id);
        break;
      case "room-left":
        this.#keep(({ notification: { room } }) => room !== event.room);
        break;
      case "answered":
      case "refused":
      case "put-off": {
        const from = state.ringing.find(({ id }) => id === event.ring && id !== "$test")?.from;
        this.#keep(({ rings, notification: { sender } }) => !rings || sender !== from);
        break;
      }
      case "signed-out":
        this.#keep(() => false);
        this.#heard = new Set();
        this.#refused = new Map();
        this.#begun = [];
        break;
      default:
    }
  }

  check(state: Rings): void {
    const ids = (rings: boolean) =>
      this.#live.flatMap((each) => (each.rings === rings ? [each.notification.id] : [])).toSorted();
    const ringing = state.ringing.flatMap(({ notifications }) => notifications.map(({ id }) => id));
    expect(ringing.toSorted()).toEqual(ids(true));
    expect(state.waiting.map(({ notification }) => notification.id).toSorted()).toEqual(ids(false));
    for (const { id, from, shown, expiresAt } of state.ringing) {
      if (id === "$test") continue;
      expect(shown, `${id} is seen`).toBe(this.#seen.has(from));
      const theirs = this.#live.filter(({ rings, notification: { sender } }) => rings && sender === from);
      const until = Math.max(...theirs.map((each) => each.until));
      expect(expiresAt).toBe(Math.min(until, (this.#since.get(from) ?? NaN) + 120_000));
    }
  }

  #hear(event: Extract<RingEvent, { type: "notified" }>, now: number): void {
    const { notification, members, disturb } = event;
    const { id, kind, users, member, expiresAt, room } = notification;
    if (kind !== "ring" || !users.includes(ME) || this.#heard.has(id)) return;
    this.#heard.add(id);
    if (this.#isRefused(id, now) || (member !== null && this.#isRefused(member, now))) return;
    if (expiresAt <= now) return;
    if (members.some(({ who }) => who !== "other")) return;
    this.#present.set(
      room,
      members.map(({ user }) => user),
    );
    const until = Math.min(expiresAt, now + 120_000);
    const live = { notification, until, loud: !disturb.quiet, rings: false };
    this.#live.push(live);
    if (members.length > 0) this.#ring(live, now);
  }

  #meet({ room, members }: Extract<RingEvent, { type: "session" }>, now: number): void {
    const before = this.#present.get(room) ?? [];
    const present = members.map(({ user }) => user);
    this.#present.set(room, present);
    const own = members.some(({ who }) => who !== "other");
    this.#keep(({ rings, notification }) => {
      if (notification.room !== room) return true;
      if (own) return false;
      const { sender } = notification;
      return !rings || (present.length > 0 && !(before.includes(sender) && !present.includes(sender)));
    });
    for (const each of this.#live) {
      if (each.notification.room === room && !each.rings && present.length > 0) this.#ring(each, now);
    }
  }

  #ring(live: Live, now: number): void {
    const { sender } = live.notification;
    live.rings = true;
    if (!this.#since.has(sender)) {
      this.#since.set(sender, now);
      this.#begun.push({ user: sender, at: now });
    }
    const begun = this.#begun.filter(({ user, at }) => user === sender && now - at <= 180_000).length;
    if (live.loud && begun <= 5) this.#seen.add(sender);
  }

  #isRefused(id: EventId, now: number): boolean {
    return (this.#refused.get(id) ?? now) > now;
  }

  #keep(which: (live: Live) => boolean): void {
    this.#live = this.#live.filter(which);
    for (const user of this.#since.keys()) {
      if (this.#live.some(({ rings, notification: { sender } }) => rings && sender === user)) continue;
      this.#since.delete(user);
      this.#seen.delete(user);
    }
  }
}
