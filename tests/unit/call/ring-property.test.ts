import fc from "fast-check";
import { expect, test } from "vitest";

import {
  nextRingAt,
  noRings,
  stepRing,
  type RingEvent,
  type Rings,
  type SessionMember,
} from "../../../shared/call/ring.ts";
import type { EventId, RoomId } from "../../../shared/matrix/ids.ts";
import { notices, RingModel, type Notice } from "./ring-model.ts";
import {
  alice,
  carol,
  direct,
  ME,
  NOW,
  OTHER_ROOM,
  ownDevice,
  restarted,
  ROOM,
  thisDevice,
  words,
} from "./ring-world.ts";

type Command =
  | { readonly do: "notify"; readonly which: number; readonly quiet: boolean }
  | { readonly do: "session"; readonly room: RoomId; readonly present: readonly boolean[] }
  | { readonly do: "decline"; readonly which: number; readonly mine: boolean }
  | { readonly do: "withdraw"; readonly which: number; readonly member: boolean }
  | { readonly do: "say"; readonly what: "answered" | "refused" | "put-off"; readonly ring: number }
  | { readonly do: "leave"; readonly room: RoomId }
  | { readonly do: "restart"; readonly again: readonly boolean[] }
  | { readonly do: "test" | "sign-out" | "pass" };

const which = fc.nat({ max: 7 });
const room = fc.constantFrom<RoomId[]>(ROOM, OTHER_ROOM);
const rarely = fc.nat({ max: 9 }).map((n) => n === 9);
const present = fc.tuple(fc.boolean(), fc.boolean(), rarely, rarely);
const what = fc.constantFrom<("answered" | "refused" | "put-off")[]>("answered", "refused", "put-off");

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("notify" as const), which, quiet: rarely }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("session" as const), room, present }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("decline" as const), which, mine: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw" as const), which, member: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("say" as const), what, ring: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), room }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("restart" as const), again: fc.array(fc.boolean()) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("test" as const, "sign-out" as const, "pass" as const) }),
  },
);

const soon = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 3_000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 100_000 }) },
);
const jump = fc.oneof(soon, fc.integer({ min: -20_000_000, max: 20_000_000 }));
const life = (gap: fc.Arbitrary<number>) =>
  fc.tuple(notices, fc.array(fc.record({ gap, command }), { maxLength: 30, size: "max" }));

/** The host, with a world that may do anything, beside a model of what ought to be. */
class World {
  state: Rings = noRings;
  now = NOW;
  readonly model: RingModel | null;
  readonly #notices: readonly Notice[];
  readonly #sessions = new Map<RoomId, readonly SessionMember[]>();
  /** When each notification came first, by its place; in ms that passed. */
  readonly #heard = new Map<number, number>();
  #passed = 0;
  #started = new Set<EventId>();
  #open = new Set<EventId>();

  constructor(all: readonly Notice[], model: RingModel | null) {
    this.#notices = all;
    this.model = model;
  }

  run(command: Command, gap = 0): void {
    this.now += gap;
    // A clock that jumps tells nothing of the time that passed: at most as much.
    this.#passed += Math.abs(gap);
    const { now } = this;
    switch (command.do) {
      case "notify":
        return this.#notify(command.which, command.quiet);
      case "session": {
        const all = [alice, carol, ownDevice, thisDevice];
        const members = all.filter((_, index) => command.present[index]);
        this.#sessions.set(command.room, members);
        return this.step({ type: "session", room: command.room, members, now });
      }
      case "decline":
        return this.step({ type: "declined", of: this.#notice(command.which).id, mine: command.mine, now });
      case "withdraw": {
        const { id, member } = this.#notice(command.which);
        return this.step({ type: "withdrawn", id: command.member ? (member ?? id) : id, now });
      }
      case "say":
        return this.step({ type: command.what, ring: this.state.ringing[command.ring]?.id ?? "$none", now });
      case "leave":
        return this.step({ type: "room-left", room: command.room, now });
      case "restart":
        return this.#restart(command.again);
      case "test":
        return this.step({ type: "tested", room: ROOM, from: ME, now });
      case "sign-out":
        this.#heard.clear();
        return this.step({ type: "signed-out" });
      case "pass":
        return this.step({ type: "time", now });
    }
  }

  step(event: RingEvent): void {
    this.model?.take(event, this.state, this.now);
    const [state, effects] = stepRing(this.state, event);
    for (const effect of effects) {
      if (effect.type === "started") {
        // The test ring alone may come again.
        const { id } = effect.ring;
        if (this.#open.has(id) || (this.#started.has(id) && id !== "$test"))
          throw new Error(`${id} rings again`);
        this.#open.add(id);
        this.#started.add(id);
      } else if (effect.type === "ended" && !this.#open.delete(effect.ring.id)) {
        throw new Error(`${effect.ring.id} ended without a ring`);
      }
    }
    this.state = state;
    if (event.type === "signed-out") this.#started = new Set();
    const people = state.ringing.flatMap(({ id, from }) => (id === "$test" ? [] : [from]));
    expect(new Set(people).size, words(effects).join()).toBe(people.length);
    expect(state.ringing.map(({ id }) => id).toSorted()).toEqual([...this.#open].toSorted());
    expect(nextRingAt(state) ?? Infinity).toBeGreaterThan(this.now);
    this.model?.check(state);
  }

  /** Nothing more happens but time. */
  drain(): void {
    for (let steps = 0; ; steps += 1) {
      const next = nextRingAt(this.state);
      if (next === null) break;
      expect(steps).toBeLessThan(20);
      expect(next - this.now).toBeLessThanOrEqual(120_000);
      this.now = next;
      this.step({ type: "time", now: next });
    }
    expect(this.state).toMatchObject({ ringing: [], waiting: [], sessions: [] });
    expect(this.#open.size).toBe(0);
  }

  #notify(which: number, quiet: boolean): void {
    const { now } = this;
    const index = which % this.#notices.length;
    const before = this.#heard.get(index);
    // A server delivers nothing again for longer than an hour; its age may be unknown, so that it looks new.
    if (before !== undefined && this.#passed - before >= 3_600_000) return;
    const { lifetimeMs, ...notification } = this.#notice(index);
    const event: RingEvent = {
      type: "notified",
      notification: { ...notification, expiresAt: now + lifetimeMs },
      standing: direct,
      disturb: { quiet, repeatPasses: false },
      me: ME,
      members: this.#sessions.get(notification.room) ?? [],
      now,
    };
    if (before === undefined) this.#heard.set(index, this.#passed);
    this.step(event);
  }

  /** What happened in calls meanwhile comes first, then some events that came before. */
  #restart(again: readonly boolean[]): void {
    this.state = restarted(this.state);
    const heard = [...this.#heard.keys()];
    for (const { room: at, members } of this.state.sessions) {
      this.step({ type: "session", room: at, members, now: this.now });
    }
    for (const [order, index] of heard.entries()) if (again[order]) this.#notify(index, false);
  }

  #notice(index: number): Notice {
    const found = this.#notices[index % this.#notices.length];
    if (!found) throw new Error("no notices");
    return found;
  }
}

test("whatever happens, exactly the valid rings ring, each once, each until a reason to stop", () => {
  fc.assert(
    fc.property(life(soon), ([all, commands]) => {
      const world = new World(all, new RingModel());
      for (const each of commands) world.run(each.command, each.gap);
      world.drain();
    }),
    { numRuns: 600 },
  );
});

test("whatever the clock does, no ring is without an end and none rings twice", () => {
  fc.assert(
    fc.property(life(jump), ([all, commands]) => {
      const world = new World(all, null);
      for (const each of commands) world.run(each.command, each.gap);
      world.run({ do: "pass" });
      world.drain();
    }),
    { numRuns: 500 },
  );
});
