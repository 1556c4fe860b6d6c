import {
  idle,
  isBusy,
  stepCall,
  type Call,
  type CallEffect,
  type CallEvent,
} from "../../shared/call/call.ts";
import { AppError, codeOf } from "../../shared/errors.ts";
import type { MediaKey, SfuGrant } from "../../shared/ipc/contract.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import type { AppState, CallIntent } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Power, Windows } from "../ports.ts";
import type { Clock } from "../rtc/ports.ts";
import type { JoinedCall, JoinStatus, Rtc, SessionView } from "../rtc/types.ts";
import type { Store } from "../state/store.ts";
import { CALL_APPLICATION, callState, type PersonOf } from "./call-state.ts";

export interface ConductorParts {
  readonly rtc: Rtc;
  readonly store: Store<AppState>;
  readonly windows: Pick<Windows, "show" | "close">;
  readonly power: Pick<Power, "stayAwake">;
  readonly clock: Clock;
  readonly log: Log;
  readonly personOf: PersonOf;
  /** To the call window alone. */
  readonly tellKey: (key: MediaKey) => void;
}

/** The loop of the call: events go through the pure step, its effects are performed, the windows see the outcome. */
export class Conductor {
  readonly #parts: ConductorParts;
  #call: Call = idle;
  #joined: JoinedCall | null = null;
  #transport: string | null = null;
  /** Each SFU that was granted once: the next grant is for a new dial, and must be a new one. */
  readonly #granted = new Set<string>();
  #leaving: Promise<void> = Promise.resolve();
  readonly #stopListening: () => void;

  constructor(parts: ConductorParts) {
    this.#parts = parts;
    this.#stopListening = parts.rtc.onChange((room) => {
      if (this.#call.phase !== "idle" && this.#call.room === room) this.#show();
    });
  }

  /** Opens the lobby. @throws AppError `call-busy` while in another room's call */
  open(room: RoomId, intent: CallIntent): void {
    if (isBusy(this.#call, room)) throw new AppError("call-busy");
    this.send({ type: "opened", room, intent });
  }

  send(event: CallEvent): void {
    const [next, effects] = stepCall(this.#call, event);
    this.#call = next;
    for (const effect of effects) this.#perform(effect);
    this.#show();
  }

  /** A grant for an SFU that the call names. @throws AppError `denied` for any other, `grant-refused`, … */
  async grant(transport: string): Promise<SfuGrant> {
    const room = this.#room();
    const named = this.#session(room)?.members.some((member) => member.transport?.serviceUrl === transport);
    if (transport !== this.#transport && !named)
      throw new AppError("denied", "no such transport in this call");
    const fresh = this.#granted.has(transport);
    this.#granted.add(transport);
    return this.#parts.rtc.grant({ room, transport, fresh });
  }

  keys(): readonly MediaKey[] {
    return this.#joined?.keys() ?? [];
  }

  /** Names or pictures changed. */
  refresh(): void {
    if (this.#call.phase !== "idle") this.#show();
  }

  /** Leaves, and resolves when others see it, or after the engine's few seconds. */
  async stop(): Promise<void> {
    this.send({ type: "leave-asked" });
    await this.#leaving;
    this.#stopListening();
  }

  #perform(effect: CallEffect): void {
    const { windows } = this.#parts;
    switch (effect.type) {
      case "prepare":
        return void this.#prepare(effect.room);
      case "join":
        return void this.#join(effect.room, effect.intent);
      case "set-intent":
        return this.#joined?.setIntent(effect.intent);
      case "leave":
        return this.#leave();
      case "show-window":
        return windows.show("call");
      case "close-window":
        return windows.close("call");
    }
  }

  async #prepare(room: RoomId): Promise<void> {
    const { rtc, log } = this.#parts;
    this.#transport = null;
    this.#granted.clear();
    rtc.prepare(room);
    try {
      const transport = await rtc.ownTransport(room);
      if (!this.#isIn(room)) return;
      this.#transport = transport;
      this.#show();
    } catch (error) {
      log.warn("no transport of our own", error);
      // A join asks again; until then the lobby says what is wrong.
      if (this.#isIn(room)) this.send({ type: "trouble", code: codeOf(error) });
    }
  }

  async #join(room: RoomId, intent: CallIntent): Promise<void> {
    await this.#leaving;
    if (this.#call.phase !== "joining" || this.#call.room !== room) return;
    try {
      const joined = this.#parts.rtc.join(room, { intent });
      this.#joined = joined;
      joined.onStatus((status) => this.#heard(joined, status));
      // Our own first key may be there already.
      joined.keys().forEach(this.#parts.tellKey);
      joined.onKey(this.#parts.tellKey);
      this.#heard(joined, joined.status);
      if (!this.#transport) void this.#prepare(room);
    } catch (error) {
      this.send({ type: "ended", code: codeOf(error) });
    }
  }

  #heard(joined: JoinedCall, { phase, error, joinedAt }: JoinStatus): void {
    if (joined !== this.#joined) return;
    if (phase !== "left")
      return this.send({ type: "membership", status: phase, now: joinedAt ?? this.#parts.clock.now() });
    this.#joined = null;
    this.send({ type: "ended", code: error });
  }

  #leave(): void {
    const joined = this.#joined;
    this.#joined = null;
    this.#leaving = (joined?.leave() ?? Promise.resolve()).then(() => this.send({ type: "left" }));
  }

  #show(): void {
    const { store, power, personOf } = this.#parts;
    const call = this.#call;
    const room = call.phase === "idle" ? undefined : store.state.rooms.find(({ id }) => id === call.room);
    const session = room && this.#session(room.id);
    const seen = callState({
      call,
      room,
      session,
      joined: this.#joined,
      transport: this.#transport,
      personOf,
    });
    store.update((state) => ({ ...state, call: seen }));
    const isOn = call.phase === "joining" || call.phase === "joined";
    power.stayAwake(isOn ? (call.intent === "video" ? "display" : "machine") : null);
  }

  #session(room: RoomId): SessionView | undefined {
    return this.#parts.rtc.sessions(room).find(({ application }) => application === CALL_APPLICATION);
  }

  #room(): RoomId {
    if (this.#call.phase === "idle") throw new AppError("denied", "no call is open");
    return this.#call.room;
  }

  #isIn(room: RoomId): boolean {
    return this.#call.phase !== "idle" && this.#call.room === room;
  }
}
