import type { Ring } from "../../shared/call/ring.ts";
import { TEST_RING } from "../../shared/call/ring-rules.ts";
import type { EventId, RoomId } from "../../shared/matrix/ids.ts";
import type { AppState, CallIntent, Person, RingState } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Notifier, Windows } from "../ports.ts";
import type { Store } from "../state/store.ts";
import type { PersonOf } from "./call-state.ts";
import type { Conductor } from "./conductor.ts";
import { ringNotice, ringState } from "./ring-state.ts";

export interface RingScreenParts {
  readonly conductor: Pick<Conductor, "room" | "warm" | "cool">;
  readonly store: Store<AppState>;
  readonly windows: Pick<Windows, "show" | "close">;
  readonly notifier: Pick<Notifier, "ring">;
  readonly log: Log;
  readonly personOf: PersonOf;
  /** Whether the SFU may be joined ahead of an answer. */
  readonly mayWarm: (ring: Ring) => boolean;
  /** What the notification of a ring was answered. */
  readonly answered: (
    answer: { readonly type: "accept" | "decline"; readonly ring: EventId },
    as?: CallIntent,
  ) => void;
}

/** Whoever rings, brought to the windows' state, the notifications and the ring window; and the way to the answer paved. */
export class RingScreen {
  readonly #parts: RingScreenParts;
  /** How to take each away again. */
  readonly #shown = new Map<EventId, () => void>();
  /** The one ring for which the SFU may be joined. */
  #warm: { readonly ring: EventId; readonly room: RoomId } | null = null;

  constructor(parts: RingScreenParts) {
    this.#parts = parts;
  }

  /** These and no others ring now, oldest first. */
  show(rings: readonly Ring[]): void {
    const { store, windows } = this.#parts;
    const states = rings.map((ring) => this.#state(ring));
    if (JSON.stringify(states) !== JSON.stringify(store.state.rings))
      store.update((state) => ({ ...state, rings: states }));
    for (const [id, hide] of this.#shown) {
      if (states.some((state) => state.id === id)) continue;
      hide();
      this.#shown.delete(id);
    }
    for (const state of states) if (!this.#shown.has(state.id)) this.#begin(state);
    this.#pave(rings);
    if (states.length === 0) windows.close("ring");
  }

  #begin(state: RingState): void {
    const { notifier, windows, answered, log } = this.#parts;
    const { id } = state;
    const hide = notifier.ring(ringNotice(state), {
      accepted: (as) => answered({ type: "accept", ring: id }, as),
      declined: () => answered({ type: "decline", ring: id }),
      opened: () => windows.show(state.second ? "ring" : "home"),
    });
    this.#shown.set(id, hide);
    windows.show("ring");
    log.info("rings");
  }

  /** What an answer would wait for is done now: for the first ring all of it, where that may be. */
  #pave(rings: readonly Ring[]): void {
    const { conductor, mayWarm } = this.#parts;
    const first = rings.find(({ id }) => id !== TEST_RING);
    if (first?.id === this.#warm?.ring && first?.room === this.#warm?.room) return;
    if (this.#warm) conductor.cool(this.#warm.room);
    this.#warm = first ? { ring: first.id, room: first.room } : null;
    if (first) conductor.warm(first.room, first.intent, mayWarm(first));
  }

  #state(ring: Ring): RingState {
    const { store, conductor, personOf } = this.#parts;
    const test = ring.id === TEST_RING;
    return ringState(ring, {
      from: test ? this.#self(ring) : personOf(ring.room, ring.from),
      room: store.state.rooms.find(({ id }) => id === ring.room),
      settings: store.state.settings,
      second: conductor.room !== null && conductor.room !== ring.room,
      test,
    });
  }

  #self({ from }: Ring): Person {
    const { session } = this.#parts.store.state;
    if (session.phase !== "signed-in") return { user: from, name: from, avatar: null };
    const { user, name, avatar } = session;
    return { user, name, avatar };
  }
}
