import {
  isBusy,
  isOn,
  noCalls,
  stepCall,
  type CallEffect,
  type CallEvent,
  type Calls,
} from "../../shared/call/call.ts";
import type { Rung } from "../../shared/call/outgoing.ts";
import { AppError, codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { MediaKey, SfuGrant } from "../../shared/ipc/contract.ts";
import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { CallSignal } from "../../shared/rtc/notification.ts";
import type { AppState, CallIntent, LostCall, Person, RoomSummary } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Power, Windows } from "../ports.ts";
import type { Clock, Signals } from "../rtc/ports.ts";
import { within } from "../rtc/timer.ts";
import type { Rtc } from "../rtc/types.ts";
import type { Store } from "../state/store.ts";
import { callState, type Knowledge, type PersonOf } from "./call-state.ts";
import { LastListed } from "./last-listed.ts";
import { Memberships, type Company } from "./memberships.ts";
import { OutgoingRing } from "./outgoing.ts";
import { Place } from "./place.ts";

export interface ConductorParts {
  readonly rtc: Rtc;
  readonly signals: Pick<Signals, "notify" | "withdraw">;
  readonly store: Store<AppState>;
  readonly windows: Pick<Windows, "show" | "prepare" | "close">;
  readonly power: Pick<Power, "stayAwake">;
  readonly clock: Clock;
  readonly log: Log;
  readonly personOf: PersonOf;
  readonly knowledge: Knowledge;
  /** Everybody in the room but ourselves. */
  readonly peopleIn: (room: RoomId) => Promise<readonly Person[]>;
  /** To the call window alone. */
  readonly tellKey: (key: MediaKey) => void;
}

/** Longest (ms) that the end of the app waits for a ring to be withdrawn; a leave has the same limit. */
const STOP_MS = 3_000;

/** The loop of our calls: events go through the pure steps, their effects are performed, the windows see the outcome. */
export class Conductor {
  readonly #parts: ConductorParts;
  readonly #outgoing: OutgoingRing;
  readonly #memberships: Memberships;
  #calls: Calls = noCalls;
  #place: Place | null = null;
  readonly #listed: LastListed;
  #lost: LostCall | null = null;
  readonly #stopListening: () => void;

  constructor(parts: ConductorParts) {
    this.#parts = parts;
    this.#listed = new LastListed((room) => this.#summary(room));
    this.#memberships = new Memberships({
      rtc: parts.rtc,
      isWanted: (room) => this.#isIn(room),
      heard: (room, status, joinedAt) => {
        this.send({ type: "membership", room, status, now: joinedAt ?? parts.clock.now() });
        this.#outgoing.look(room);
      },
      key: (room, key) => this.#isCurrent(room) && parts.tellKey(key),
      ended: (room, code) => this.#ended(room, code),
      left: (room) => this.send({ type: "left", room }),
    });
    this.#outgoing = new OutgoingRing({
      ...parts,
      company: (room) => this.#company(room),
      changed: () => this.#show(),
      giveUp: (room) => this.send({ type: "given-up", room }),
    });
    this.#stopListening = parts.rtc.onChange((room) => {
      this.#outgoing.look(room);
      if (this.#isCurrent(room)) this.#show();
    });
  }

  /** The room of the call that we are in; null where we are in none. */
  get room(): RoomId | null {
    const { call } = this.#calls;
    return isOn(call) ? call.room : null;
  }

  /** Begins a call to a person who is in none, and rings them; opens the lobby of any other. @throws AppError `call-busy` while in another room's call */
  open(room: RoomId, intent: CallIntent): void {
    if (this.#summary(room)?.direct == null || !this.#company(room).first) return this.lobby(room, intent);
    if (isBusy(this.#calls, room)) throw new AppError("call-busy");
    const fresh = !this.#isIn(room);
    this.send({ type: "opened", room, intent, at: "once" });
    if (fresh) void this.#ring(room, intent, "everyone", true);
  }

  /** Opens the lobby, of a call to a person too. @throws AppError `call-busy` while in another room's call */
  lobby(room: RoomId, intent: CallIntent): void {
    if (isBusy(this.#calls, room)) throw new AppError("call-busy");
    this.send({ type: "opened", room, intent, at: "lobby" });
  }

  /** Leaves the lobby for the call. Nobody is rung where somebody is there already. */
  join(intent: CallIntent, ring?: Rung): void {
    const { call } = this.#calls;
    this.send({ type: "join-asked", intent });
    if (call.phase !== "lobby") return;
    const usual = this.#summary(call.room)?.direct == null ? "nobody" : "everyone";
    void this.#ring(call.room, intent, ring ?? usual, true);
  }

  /** Rings people into the call that we are in. @throws AppError `denied` where we are in none */
  ringInto(ring: Rung): void {
    const { call } = this.#calls;
    if (!isOn(call)) throw new AppError("denied", "no call to ring into");
    void this.#ring(call.room, call.intent, ring, false);
  }

  /** After nobody answered: once more. */
  again(): void {
    const { call } = this.#calls;
    if (call.phase === "over") this.open(call.room, call.intent);
  }

  /** Answers a ring. @throws AppError `call-busy` while in another call of which nothing is said, or in two */
  accept(room: RoomId, intent: CallIntent, other: "end" | "hold" | null): void {
    const { held } = this.#calls;
    const third = other === "hold" && held !== null;
    if (isBusy(this.#calls, room) && held?.room !== room && (other === null || third))
      throw new AppError("call-busy");
    this.send({ type: "accepted", room, intent, other });
  }

  /** Somebody rings: whatever an answer would wait for is done now. `full`: the SFU is joined too, which shows it our presence. */
  warm(room: RoomId, intent: CallIntent, full: boolean): void {
    if (full && this.#calls.call.phase === "idle") this.send({ type: "rang", room, intent });
    else this.#parts.rtc.prepare(room);
  }

  /** The ring is over without an answer here. */
  cool(room: RoomId): void {
    this.send({ type: "ring-over", room });
  }

  /** Whether the window stands on the SFU where we publish in a room's call. */
  connected(room: RoomId, connected: boolean): void {
    this.#memberships.of(room)?.setConnected(connected);
  }

  /** The window is on no SFU. */
  disconnected(): void {
    for (const call of [this.#calls.call, this.#calls.held])
      if (call && isOn(call)) this.connected(call.room, false);
  }

  swap(): void {
    this.send({ type: "swap-asked" });
  }

  onSignal(signal: CallSignal): void {
    this.#outgoing.hear(signal);
  }

  send(event: CallEvent): void {
    const [next, effects] = stepCall(this.#calls, event);
    this.#calls = next;
    for (const effect of effects) this.#perform(effect);
    const { call, held } = this.#calls;
    const ring = this.#outgoing.state?.room;
    const isTold = held?.room === ring || ((isOn(call) || call.phase === "over") && call.room === ring);
    if (ring && !isTold) this.#outgoing.gone();
    this.#show();
  }

  /** A grant for an SFU that the call names. @throws AppError `denied` for any other, `grant-refused`, … */
  async grant(transport: string): Promise<SfuGrant> {
    const place = this.#place;
    if (!place || !this.#isCurrent(place.room)) throw new AppError("denied", "no call is open");
    return place.grant(transport, this.#memberships.session(place.room));
  }

  keys(): readonly MediaKey[] {
    return this.room === null ? [] : (this.#memberships.of(this.room)?.keys() ?? []);
  }

  /** Names or pictures changed. */
  refresh(): void {
    if (this.#calls.call.phase !== "idle") this.#show();
  }

  /** Leaves all calls, and resolves when others see it and hear no ring, or after a few seconds. */
  async stop(): Promise<void> {
    this.send({ type: "signed-out" });
    const silent = within(this.#parts.clock, STOP_MS, this.#outgoing.settled(), () => new Error("late"));
    await Promise.all([this.#memberships.gone(), silent.catch(() => undefined)]);
    this.#stopListening();
  }

  #perform(effect: CallEffect): void {
    const { windows } = this.#parts;
    switch (effect.type) {
      case "prepare":
        this.#place = new Place(this.#parts.rtc, effect.room);
        return void this.#find(this.#place);
      case "join":
        return this.#join(effect.room, effect.intent);
      case "set-intent":
        return this.#memberships.of(effect.room)?.setIntent(effect.intent);
      case "leave":
        return this.#memberships.leave(effect.room);
      case "show-window":
        return windows.show("call");
      case "warm-window":
        return windows.prepare("call");
      case "close-window":
        return windows.close("call");
    }
  }

  async #find(place: Place): Promise<void> {
    try {
      await place.find();
      if (place === this.#place) this.#show();
    } catch (error) {
      this.#parts.log.warn("no transport of our own", error);
      // A join asks again; until then the lobby says what is wrong.
      if (place === this.#place) this.send({ type: "trouble", code: codeOf(error) });
    }
  }

  #join(room: RoomId, intent: CallIntent): void {
    void this.#memberships.join(room, intent);
    if (this.#place?.room === room && this.#place.transport === null) void this.#find(this.#place);
  }

  async #ring(room: RoomId, intent: CallIntent, choice: Rung, atStart: boolean): Promise<void> {
    const direct = this.#summary(room)?.direct ?? null;
    // To the one person of a direct room all is said by name.
    const ring = direct !== null && choice === "everyone" ? [direct] : choice;
    const people = await this.#rung(room, ring);
    if (!this.#isIn(room)) return;
    this.#outgoing.ask({ room, direct: direct !== null, atStart, ring, people, intent });
  }

  #rung(room: RoomId, ring: Rung): readonly UserId[] | Promise<readonly UserId[]> {
    if (ring === "nobody") return [];
    if (ring !== "everyone") return ring;
    // Unknown members can be rung all the same; only that all of them declined cannot be known then.
    return this.#parts.peopleIn(room).then(
      (people) => people.map(({ user }) => user),
      () => [],
    );
  }

  #company(room: RoomId): Company {
    const { session } = this.#parts.store.state;
    return this.#memberships.company(room, session.phase === "signed-in" ? session.user : null);
  }

  #show(): void {
    const { store, power, personOf, knowledge } = this.#parts;
    const { call, held } = this.#calls;
    if (call.phase === "idle") this.#listed.clear();
    const room = call.phase === "idle" ? undefined : this.#listed.of(call.room);
    if (!isOn(call) || (this.#lost && this.#isIn(this.#lost.room))) this.#lost = null;
    const seen = callState({
      call,
      room,
      held: held && this.#listed.of(held.room),
      lost: this.#lost,
      outgoing: this.#outgoing.state,
      session: room && this.#memberships.session(room.id),
      joined: room ? this.#memberships.of(room.id) : null,
      transport: this.#place?.transport ?? null,
      personOf,
      knowledge,
    });
    store.update((state) => ({ ...state, call: seen }));
    const isSeen = call.phase === "joined" && call.intent === "video";
    power.stayAwake(isSeen ? "display" : isOn(call) ? "machine" : null);
  }

  #summary(room: RoomId): RoomSummary | undefined {
    return this.#parts.store.state.rooms.find(({ id }) => id === room);
  }

  /** A call ended by itself. Where it was one of two, the window shows the other one, and is to say why. */
  #ended(room: RoomId, error: ErrorCode | null): void {
    const listed = this.#listed.of(room);
    if (this.#calls.held && this.#isIn(room) && error !== null && listed)
      this.#lost = { room, name: listed.name, error, at: this.#parts.clock.now() };
    this.send({ type: "ended", room, code: error });
  }

  #isCurrent(room: RoomId): boolean {
    const { call } = this.#calls;
    return call.phase !== "idle" && call.room === room;
  }

  /** In this room's call, or entering it; held ones too. */
  #isIn(room: RoomId): boolean {
    const { call, held } = this.#calls;
    return held?.room === room || (isOn(call) && call.room === room);
  }
}
