import {
  nextRingAt,
  stepRing,
  type Ring,
  type RingEffect,
  type RingEnd,
  type RingEvent,
  type Rings,
  type SessionMember,
} from "../../shared/call/ring.ts";
import { isQuiet } from "../../shared/call/quiet.ts";
import { AppError } from "../../shared/errors.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { CallFact } from "../../shared/call/history.ts";
import { mayRing, TEST_RING } from "../../shared/call/ring-rules.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import type { CallNotification, CallSignal, DeclineReason } from "../../shared/rtc/notification.ts";
import type { AppState, CallIntent, Person } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Notifier, SystemQuiet, Windows } from "../ports.ts";
import type { Clock, Signals } from "../rtc/ports.ts";
import { Timer } from "../rtc/timer.ts";
import type { Rtc } from "../rtc/types.ts";
import type { Store } from "../state/store.ts";
import type { PersonOf } from "./call-state.ts";
import type { Conductor } from "./conductor.ts";
import { localTime } from "./local-time.ts";
import { missedNotice, ringingChoice, ringNotice, ringState } from "./ring-state.ts";
import type { RingsFile } from "./rings-file.ts";

export interface RingingParts {
  readonly me: UserId;
  readonly signals: Signals;
  readonly rtc: Pick<Rtc, "sessions" | "onChange">;
  readonly conductor: Pick<Conductor, "room" | "accept" | "warm" | "cool" | "open" | "onSignal">;
  readonly store: Store<AppState>;
  readonly windows: Pick<Windows, "show" | "close">;
  readonly notifier: Notifier;
  readonly systemQuiet: SystemQuiet;
  readonly file: RingsFile;
  readonly clock: Clock;
  readonly log: Log;
  readonly personOf: PersonOf;
  readonly remember: (fact: CallFact) => void;
}

/** We answered, and the server does not have our member event yet. */
const ENTERING: EventId = "$entering";
/** Between two tries to tell a caller that we declined. */
const RETRY_MS = 2_000;
/** These say by themselves that nobody has to call back. */
const NOT_MISSED: ReadonlySet<RingEnd> = new Set([
  "answered",
  "answered-elsewhere",
  "declined",
  "signed-out",
  "room-left",
  "tested",
]);

/** The loop of ringing: what rooms say goes through the pure step, and its rings go to the screen, the speaker and the windows. */
export class Ringing {
  readonly #parts: RingingParts;
  readonly #timer: Timer;
  readonly #stops: (() => void)[];
  readonly #shown = new Map<EventId, () => void>();
  /** Where the way was paved for an answer, by the ring. */
  readonly #warmed = new Map<EventId, RoomId>();
  #live = false;
  #rings: Rings;
  /** Signals are judged one after the other, since one may wait for the system to say whether it is quiet. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: RingingParts) {
    const { clock, file, signals, rtc } = parts;
    this.#parts = parts;
    this.#timer = new Timer(clock, () => this.wake());
    this.#rings = file.read();
    this.wake();
    this.#timer.set(nextRingAt(this.#rings));
    this.#show();
    this.#stops = [
      rtc.onChange((room) => this.#live && this.#tellSession(room)),
      signals.onRoomLeft((room) => this.#send({ type: "room-left", room, now: clock.now() })),
      signals.onSignal((signal) => this.#hear(signal)),
    ];
  }

  /** The homeserver said all that happened: until then nobody knows who is in a call, and what rang before rings on. */
  live(): void {
    if (this.#live) return;
    this.#live = true;
    const { signals, me, clock } = this.#parts;
    for (const { room } of this.#rings.sessions) {
      if (signals.standing(room, me).joined) this.#tellSession(room);
      else this.#send({ type: "room-left", room, now: clock.now() });
    }
  }

  /** Time passed unseen: whatever expired meanwhile is over. */
  wake(): void {
    this.#send({ type: "time", now: this.#parts.clock.now() });
  }

  /** @throws AppError `ring-over`; `call-busy` where we are in another call and `other` does not say what becomes of it */
  accept(id: EventId, intent: CallIntent, other: "end" | "hold" | null): void {
    const ring = this.#find(id);
    if (ring.id !== TEST_RING) this.#parts.conductor.accept(ring.room, intent, other);
    this.#send({ type: "answered", ring: id, now: this.#parts.clock.now() });
  }

  decline(id: EventId): void {
    this.#find(id);
    this.#send({ type: "refused", ring: id, now: this.#parts.clock.now() });
  }

  remind(id: EventId): void {
    const { clock, remember } = this.#parts;
    const now = clock.now();
    for (const { id: of, room } of this.#find(id).notifications)
      remember({ type: "put-off", id: of, room, sentAt: now });
    this.#send({ type: "put-off", ring: id, now });
  }

  /** Declines, with a message. */
  async reply(id: EventId, text: string): Promise<void> {
    const { room } = this.#find(id);
    if (id !== TEST_RING) await this.#parts.signals.say(room, text);
    // Said; whoever hung up meanwhile needs no decline.
    if (this.#rings.ringing.some((ring) => ring.id === id)) this.decline(id);
  }

  test(): void {
    const { clock, me } = this.#parts;
    this.#send({ type: "tested", room: "!test", from: me, now: clock.now() });
  }

  /** An answer from the desktop: it may come when the ring is over, and has nobody to tell. */
  asked(answer: { readonly type: "accept" | "decline"; readonly ring: EventId }, as?: CallIntent): void {
    try {
      const ring = this.#find(answer.ring);
      if (answer.type === "decline") this.decline(ring.id);
      else this.accept(ring.id, ring.intent === "audio" ? "audio" : (as ?? ring.intent), null);
    } catch (error) {
      this.#parts.log.info("an answer came to nothing", error);
      this.#parts.windows.show("home");
    }
  }

  /** Names, settings or the call that we are in changed. */
  refresh(): void {
    this.#show();
  }

  /** Whether a notification is for us to hear, as of now. */
  rangUs(notification: CallNotification): boolean {
    return mayRing(notification, this.#standing(notification), this.#parts.me);
  }

  /** What rings goes on at the next start, if it still does. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#timer.set(null);
    for (const hide of this.#shown.values()) hide();
    this.#shown.clear();
    this.#parts.windows.close("ring");
    this.#parts.store.update((state) => ({ ...state, rings: [] }));
  }

  #hear(signal: CallSignal): void {
    this.#queue = this.#queue
      .then(() => this.#judge(signal))
      .catch((error: unknown) => this.#parts.log.error("a signal was not understood", error));
  }

  async #judge(signal: CallSignal): Promise<void> {
    const { clock, conductor, remember, me } = this.#parts;
    conductor.onSignal(signal);
    switch (signal.type) {
      case "notified":
        return this.#notified(signal.notification);
      case "declined":
        remember(signal);
        return this.#send({
          type: "declined",
          of: signal.of,
          mine: signal.sender === me,
          now: clock.now(),
        });
      case "withdrawn":
        remember(signal);
        return this.#send({ type: "withdrawn", id: signal.id, now: clock.now() });
      case "membership":
        return remember(signal);
    }
  }

  async #notified(notification: CallNotification): Promise<void> {
    const { clock, systemQuiet, store, remember, me } = this.#parts;
    const rangUs = this.rangUs(notification);
    remember({ type: "notified", notification, rangUs });
    if (!rangUs) return;
    const { disturb } = store.state.settings;
    const system = disturb.system && (await systemQuiet.active());
    const now = clock.now();
    const quiet = isQuiet(disturb, system, localTime(now));
    this.#send({
      type: "notified",
      notification,
      standing: this.#standing(notification),
      disturb: { quiet, repeatPasses: disturb.repeat },
      me,
      members: this.#members(notification.room),
      now,
    });
  }

  #standing({ room, sender }: CallNotification) {
    const { signals, store } = this.#parts;
    return {
      ...signals.standing(room, sender),
      ringing: ringingChoice(store.state.settings, room, sender).mode,
    };
  }

  #tellSession(room: RoomId): void {
    this.#send({ type: "session", room, members: this.#members(room), now: this.#parts.clock.now() });
  }

  #members(room: RoomId): readonly SessionMember[] {
    const { rtc, me, conductor } = this.#parts;
    const session = rtc.sessions(room).find(({ slot }) => slot === CALL_SLOT);
    const members = (session?.members ?? []).map(({ user, eventId, own }): SessionMember => ({
      user,
      eventId,
      who: own ? "this-device" : user === me ? "own-device" : "other",
    }));
    const entering = conductor.room === room && !members.some(({ who }) => who === "this-device");
    return entering ? [...members, { user: me, eventId: ENTERING, who: "this-device" }] : members;
  }

  #send(event: RingEvent): void {
    const before = this.#rings;
    const [next, effects] = stepRing(before, event);
    this.#rings = next;
    if (next !== before) {
      this.#parts.file.write(next);
      this.#timer.set(nextRingAt(next));
      this.#show();
    }
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: RingEffect): void {
    const { conductor, store, notifier, personOf } = this.#parts;
    switch (effect.type) {
      case "started":
      case "revealed": {
        const { ring } = effect;
        if (!ring.shown || ring.id === TEST_RING) return;
        const { direct } = this.#parts.signals.standing(ring.room, ring.from);
        this.#warmed.set(ring.id, ring.room);
        return conductor.warm(ring.room, ring.intent, direct && store.state.settings.warmJoin);
      }
      case "ended": {
        const { ring, why } = effect;
        const warmed = this.#warmed.get(ring.id);
        this.#warmed.delete(ring.id);
        // A flood may have gone on from one room to another.
        if (warmed !== undefined && (why !== "answered" || warmed !== ring.room)) conductor.cool(warmed);
        if (NOT_MISSED.has(why) || !ring.shown) return;
        return notifier.missed(missedNotice(ring, personOf(ring.room, ring.from)), {
          again: () => conductor.open(ring.room, ring.intent),
          opened: () => this.#parts.windows.show("home"),
        });
      }
      case "decline":
        return this.#tellDeclined(effect.room, effect.of, conductor.room === null ? null : "busy");
    }
  }

  /** Again until the server has it: an unheard decline would ring on elsewhere. */
  #tellDeclined(room: RoomId, of: EventId, reason: DeclineReason | null, tries = 0): void {
    const { signals, clock, log } = this.#parts;
    signals.decline(room, of, reason).catch((error: unknown) => {
      log.warn("a decline was not sent", error);
      if (tries * RETRY_MS < 60_000)
        clock.after(RETRY_MS, () => this.#tellDeclined(room, of, reason, tries + 1));
    });
  }

  /** Brings the screen to what rings now. */
  #show(): void {
    const { store, windows, notifier, personOf, conductor } = this.#parts;
    const rings = this.#rings.ringing.filter(({ shown }) => shown);
    const states = rings.map((ring) =>
      ringState(ring, {
        from: ring.id === TEST_RING ? this.#self() : personOf(ring.room, ring.from),
        room: store.state.rooms.find(({ id }) => id === ring.room),
        settings: store.state.settings,
        second: conductor.room !== null && conductor.room !== ring.room,
        test: ring.id === TEST_RING,
      }),
    );
    if (JSON.stringify(states) !== JSON.stringify(store.state.rings))
      store.update((state) => ({ ...state, rings: states }));
    for (const [id, hide] of this.#shown) {
      if (states.some((state) => state.id === id)) continue;
      hide();
      this.#shown.delete(id);
    }
    for (const state of states) {
      if (this.#shown.has(state.id)) continue;
      const { id } = state;
      this.#shown.set(
        id,
        notifier.ring(ringNotice(state), {
          accepted: (as) => this.asked({ type: "accept", ring: id }, as),
          declined: () => this.asked({ type: "decline", ring: id }),
          opened: () => windows.show(state.second ? "ring" : "home"),
        }),
      );
      windows.show("ring");
    }
    if (states.length === 0) windows.close("ring");
  }

  #find(id: EventId): Ring {
    const ring = this.#rings.ringing.find((one) => one.id === id);
    if (!ring) throw new AppError("ring-over");
    return ring;
  }

  #self(): Person {
    const { session } = this.#parts.store.state;
    return session.phase === "signed-in"
      ? session
      : { user: this.#parts.me, name: this.#parts.me, avatar: null };
  }
}
