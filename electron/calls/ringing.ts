import {
  nextRingAt,
  noRings,
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
import type { CallNotification, CallSignal } from "../../shared/rtc/notification.ts";
import type { AppState, CallIntent } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Notifier, SystemQuiet, Windows } from "../ports.ts";
import type { Clock, Signals } from "../rtc/ports.ts";
import { Timer } from "../rtc/timer.ts";
import type { Rtc } from "../rtc/types.ts";
import type { Store } from "../state/store.ts";
import type { PersonOf } from "./call-state.ts";
import type { Conductor } from "./conductor.ts";
import { Declines } from "./declines.ts";
import { localTime } from "./local-time.ts";
import { RingScreen } from "./ring-screen.ts";
import { missedNotice, ringingChoice, sessionMembers } from "./ring-state.ts";
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
  readonly #screen: RingScreen;
  readonly #declines: Declines;
  #live = false;
  #stopped = false;
  #rings: Rings = noRings;
  /** Signals are judged one after the other, since one may wait for the system to say whether it is quiet. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: RingingParts) {
    const { clock, file, signals, rtc, log } = parts;
    this.#parts = parts;
    this.#timer = new Timer(clock, () => this.wake());
    this.#declines = new Declines(signals, clock, log);
    this.#screen = new RingScreen({
      ...parts,
      mayWarm: ({ room, from }) => parts.store.state.settings.warmJoin && signals.standing(room, from).direct,
      answered: (answer, as) => this.asked(answer, as),
    });
    this.#rings = this.#onDisk(() => file.read()) ?? noRings;
    this.wake();
    this.refresh();
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
    if (!this.#stopped) this.#screen.show(this.#rings.ringing.filter(({ shown }) => shown));
  }

  /** Whether a notification is for us to hear, as of now. */
  rangUs(notification: CallNotification): boolean {
    return mayRing(notification, this.#standing(notification), this.#parts.me);
  }

  /** What rings goes on at the next start, if it still does. Resolves when callers were told what was still to be said. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    for (const stop of this.#stops) stop();
    this.#timer.set(null);
    this.#screen.show([]);
    this.#stopped = true;
    await this.#declines.stop();
  }

  #hear(signal: CallSignal): void {
    this.#queue = this.#queue
      .then(() => this.#judge(signal))
      .catch((error: unknown) => this.#parts.log.error("a signal was not understood", error));
  }

  async #judge(signal: CallSignal): Promise<void> {
    const { clock, conductor, remember, me } = this.#parts;
    if (this.#stopped) return;
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
    return sessionMembers(rtc.sessions(room), me, conductor.room === room);
  }

  #send(event: RingEvent): void {
    if (this.#stopped) return;
    const before = this.#rings;
    const [next, effects] = stepRing(before, event);
    this.#rings = next;
    // Also where nothing changed: timers may be early by a moment.
    this.#timer.set(nextRingAt(next));
    if (next !== before) this.refresh();
    for (const effect of effects) this.#perform(effect);
    // Last, since a full disk must neither silence a ring nor keep it going.
    if (next !== before) this.#onDisk(() => this.#parts.file.write(next));
  }

  #perform(effect: RingEffect): void {
    const { conductor, notifier, personOf } = this.#parts;
    switch (effect.type) {
      case "started":
      case "revealed":
        // The screen follows the state.
        return;
      case "ended": {
        const { ring, why } = effect;
        if (NOT_MISSED.has(why) || !ring.shown) return;
        return notifier.missed(missedNotice(ring, personOf(ring.room, ring.from)), {
          again: () => this.#callBack(ring),
          opened: () => this.#parts.windows.show("home"),
        });
      }
      case "decline":
        return this.#declines.say(effect.room, effect.of, conductor.room === null ? null : "busy");
    }
  }

  /** From a notification, perhaps when its account is signed out or we are in another call: home then says so. */
  #callBack({ room, intent }: Ring): void {
    const { conductor, windows, log } = this.#parts;
    try {
      if (this.#stopped) windows.show("home");
      else conductor.open(room, intent);
    } catch (error) {
      log.info("a call back came to nothing", error);
      windows.show("home");
    }
  }

  #onDisk<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#parts.log.error("rings on disk", error);
      return undefined;
    }
  }

  #find(id: EventId): Ring {
    const ring = this.#rings.ringing.find((one) => one.id === id);
    if (!ring) throw new AppError("ring-over");
    return ring;
  }
}
