import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import { LONGEST_RING_MS, type CallNotification } from "../rtc/notification.ts";
import {
  byClock,
  DONE_KEPT,
  DONE_KEPT_MS,
  ended,
  isRevealed,
  isShown,
  KEPT_OF_PERSON,
  LATELY_MS,
  mayRing,
  revise,
  soonestOver,
  TEST_RING,
  TEST_RING_MS,
  UNHEARD_KEPT,
  withNotifications,
} from "./ring-rules.ts";
import { isIn, isOwn, membersIn, withMembers } from "./ring-sessions.ts";
import type {
  Disturb,
  Ring,
  RingEffect,
  RingEnd,
  RingEvent,
  Rings,
  RingStep,
  SessionMember,
} from "./ring.ts";

type Which = (notification: CallNotification) => boolean;

/** A copy of the rings that one step may change, and what comes of it. */
export class RingDraft {
  readonly #before: Rings;
  readonly #now: number;
  readonly #effects: RingEffect[] = [];
  #ringing: Rings["ringing"];
  #waiting: Rings["waiting"];
  #done: Rings["done"];
  #lately: Rings["lately"];
  #sessions: Rings["sessions"];

  constructor(before: Rings, now: number) {
    const from = byClock(before, now);
    this.#before = before;
    this.#now = now;
    this.#ringing = from.ringing;
    this.#waiting = from.waiting;
    this.#done = from.done;
    this.#lately = from.lately;
    this.#sessions = from.sessions;
  }

  /** What ran out, in the order in which it did. */
  sweep(): void {
    const now = this.#now;
    for (const ring of this.#ringing.toSorted((a, b) => a.expiresAt - b.expiresAt)) {
      if (ring.expiresAt <= now) this.#end(ring, "expired");
      else this.#drop(ring, ({ expiresAt }) => expiresAt <= now, "expired");
    }
    this.#dropWaiting(({ expiresAt }) => expiresAt <= now);
    this.#done = revise(this.#done, (each) => (each.until > now ? each : null));
    this.#lately = revise(this.#lately, (each) => (now - each.at <= LATELY_MS ? each : null));
  }

  hear({ notification, standing, disturb, me, members }: Extract<RingEvent, { type: "notified" }>): void {
    const { id, room, member } = notification;
    const done = this.#done.find((each) => each.id === id);
    if (id === TEST_RING || (done && !done.unheard) || this.#find(id)) return;
    if (!mayRing(notification, standing, me)) return;
    const present = membersIn(this.#sessions, room) ?? members;
    // Also one that is over already: the host's clock may be set back before it comes again.
    const over = !(notification.expiresAt > this.#now) || (member !== null && this.#isDone(member));
    if (done || over || present.some(isOwn)) return this.#finish(id);
    const expiresAt = Math.min(notification.expiresAt, this.#now + LONGEST_RING_MS);
    this.#sessions = withMembers(this.#sessions, room, present);
    if (present.length > 0) this.#begin({ ...notification, expiresAt }, disturb);
    else this.#wait({ ...notification, expiresAt }, disturb);
  }

  /** One of our own devices declined: that call as it was then, not what the same person sent later. */
  decline(of: EventId): void {
    const declined = this.#find(of);
    this.stop(
      ({ room, sender, sentAt }) =>
        room === declined?.room && sender === declined.sender && sentAt <= declined.sentAt,
      "declined",
    );
    this.#finish(of);
  }

  /** Of a notification, or of the member event of one that may be still to come. */
  withdraw(id: EventId): void {
    this.stop((notification) => notification.id === id || notification.member === id, "withdrawn");
    const unheard = this.#done.filter((each) => each.unheard).length;
    // Later than that, what was sent before its withdrawal is over by itself.
    const until = this.#now + LONGEST_RING_MS;
    if (!this.#isDone(id) && unheard < UNHEARD_KEPT)
      this.#done = [...this.#done, { id, until, unheard: true }];
  }

  /** Who is in a room's call now, as the newest word. */
  meet(room: RoomId, members: readonly SessionMember[]): void {
    const before = membersIn(this.#sessions, room);
    if (!before) return;
    this.#sessions = withMembers(this.#sessions, room, members);
    if (members.some(isOwn)) {
      const here = members.some(({ who }) => who === "this-device");
      return this.stop(
        (notification) => notification.room === room,
        here ? "answered" : "answered-elsewhere",
      );
    }
    const cancelled: Which = ({ room: at, sender }) =>
      at === room && (members.length === 0 || (isIn(before, sender) && !isIn(members, sender)));
    for (const ring of this.#ringing) this.#drop(ring, cancelled, "cancelled");
    if (members.length === 0) return;
    const called = this.#waiting.filter(({ notification }) => notification.room === room);
    this.#waiting = revise(this.#waiting, (each) => (called.includes(each) ? null : each));
    for (const { notification, disturb } of called) this.#begin(notification, disturb);
  }

  /** Ends what these notifications ring; a ring goes on with those that are left. */
  stop(which: Which, why: RingEnd): void {
    for (const ring of this.#ringing) this.#drop(ring, which, why);
    this.#dropWaiting(which);
  }

  /** All of a ring, by its name: the user's word. */
  end(id: EventId, why: "answered" | "declined" | "put-off"): void {
    const ring = this.#ringing.find((each) => each.id === id);
    if (!ring) return;
    if (why === "declined") {
      for (const { room, id: of } of ring.notifications) this.#effects.push({ type: "decline", room, of });
    }
    this.#end(ring, why);
  }

  test(room: RoomId, from: UserId): void {
    if (this.#ringing.some(({ id }) => id === TEST_RING)) return;
    this.#start({
      id: TEST_RING,
      from,
      room,
      intent: "audio",
      startedAt: this.#now,
      expiresAt: this.#now + TEST_RING_MS,
      notifications: [],
      shown: true,
    });
  }

  finish(): RingStep {
    const rooms = new Set(this.#notifications().map(({ room }) => room));
    const state: Rings = {
      ringing: this.#ringing,
      waiting: this.#waiting,
      done: this.#done.length > DONE_KEPT ? this.#done.slice(-DONE_KEPT) : this.#done,
      lately: this.#lately,
      sessions: revise(this.#sessions, (each) => (rooms.has(each.room) ? each : null)),
    };
    return [isSame(state, this.#before) ? this.#before : state, this.#effects];
  }

  /** Starts a ring, or joins the one that the person has. */
  #begin(notification: CallNotification, disturb: Disturb): void {
    const { id, sender, room, intent, expiresAt } = notification;
    const begun = this.#lately.filter(({ user }) => user === sender).length;
    const ring = this.#ringing.find((each) => each.from === sender && each.id !== TEST_RING);
    if (!ring) {
      this.#lately = [...this.#lately, { user: sender, at: this.#now }];
      const shown = isShown(disturb, begun);
      const notifications = [notification];
      return this.#start({
        id,
        from: sender,
        room,
        intent,
        startedAt: this.#now,
        expiresAt,
        notifications,
        shown,
      });
    }
    const notifications = this.#fewer([...ring.notifications, notification]);
    const revealed = !ring.shown && isRevealed(disturb, begun);
    const joined = withNotifications({ ...ring, shown: ring.shown || revealed }, notifications);
    this.#ringing = revise(this.#ringing, (each) => (each === ring ? joined : each));
    if (revealed) this.#effects.push({ type: "revealed", ring: joined });
  }

  #wait(notification: CallNotification, disturb: Disturb): void {
    const all = [...this.#waiting, { notification, disturb }];
    const theirs = all.flatMap((each) =>
      each.notification.sender === notification.sender ? [each.notification] : [],
    );
    const kept = this.#fewer(theirs);
    this.#waiting = all.filter(
      (each) => !theirs.includes(each.notification) || kept.includes(each.notification),
    );
  }

  #fewer(notifications: readonly CallNotification[]): readonly CallNotification[] {
    if (notifications.length <= KEPT_OF_PERSON) return notifications;
    const out = soonestOver(notifications);
    if (out) this.#finish(out.id);
    return notifications.filter((each) => each !== out);
  }

  #start(ring: Ring): void {
    this.#ringing = [...this.#ringing, ring];
    this.#effects.push({ type: "started", ring });
  }

  #drop(ring: Ring, which: Which, why: RingEnd): void {
    const left = ring.notifications.filter((each) => !which(each));
    if (left.length === ring.notifications.length) return;
    if (left.length === 0) return this.#end(ring, why);
    for (const each of ring.notifications) if (!left.includes(each)) this.#finish(each.id);
    const fewer = withNotifications(ring, left);
    this.#ringing = revise(this.#ringing, (each) => (each === ring ? fewer : each));
  }

  #dropWaiting(which: Which): void {
    for (const { notification } of this.#waiting) if (which(notification)) this.#finish(notification.id);
    this.#waiting = revise(this.#waiting, (each) => (which(each.notification) ? null : each));
  }

  #end(ring: Ring, why: RingEnd): void {
    this.#ringing = revise(this.#ringing, (each) => (each === ring ? null : each));
    for (const { id } of ring.notifications) this.#finish(id);
    this.#effects.push(ended(ring, why));
  }

  #finish(id: EventId): void {
    if (this.#done.some((each) => each.id === id && !each.unheard)) return;
    const others = this.#done.filter((each) => each.id !== id);
    this.#done = [...others, { id, until: this.#now + DONE_KEPT_MS }];
  }

  #isDone(id: EventId): boolean {
    return this.#done.some((each) => each.id === id);
  }

  #find(id: EventId): CallNotification | undefined {
    return this.#notifications().find((each) => each.id === id);
  }

  #notifications(): readonly CallNotification[] {
    return [
      ...this.#ringing.flatMap(({ notifications }) => notifications),
      ...this.#waiting.map(({ notification }) => notification),
    ];
  }
}

const isSame = (a: Rings, b: Rings): boolean =>
  a.ringing === b.ringing &&
  a.waiting === b.waiting &&
  a.done === b.done &&
  a.lately === b.lately &&
  a.sessions === b.sessions;
