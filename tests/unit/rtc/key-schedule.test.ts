import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  ARRIVAL_MS,
  GRACE_MS,
  newKeySchedule,
  nextKeyAt,
  ROTATION_MS,
  sentTo,
  stepKeys,
  type KeyEffect,
  type KeyEvent,
  type KeySchedule,
  type OwnKey,
  type Recipient,
} from "../../../shared/rtc/key-schedule.ts";

type Without<E> = E extends unknown ? Omit<E, "now"> : never;

const who = (id: string, stay = "1"): Recipient => ({ id, user: `@${id}:hs`, device: "D", stay });

/** Our key schedule with the wire in the test's hand. */
class Hand {
  state: KeySchedule;
  now = 0;
  made = 0;
  used: OwnKey | null = null;
  sends: { key: OwnKey; to: readonly Recipient[] }[] = [];

  constructor(...members: Recipient[]) {
    const [state, effects] = newKeySchedule(0);
    this.state = state;
    this.#take(effects);
    this.members(...members);
  }
  step(event: Without<KeyEvent>) {
    // Each event keeps its own fields.
    const [state, effects] = stepKeys(this.state, { ...event, now: this.now } as KeyEvent);
    this.state = state;
    this.#take(effects);
    return this;
  }
  members(...recipients: Recipient[]) {
    return this.step({ type: "members", recipients });
  }
  at(now: number) {
    for (let next = nextKeyAt(this.state); next !== null && next <= now; next = nextKeyAt(this.state)) {
      this.now = next;
      this.step({ type: "time" });
    }
    this.now = now;
    return this;
  }
  /** The oldest send that is open is acknowledged. */
  acked(...undeliverable: Recipient[]) {
    const send = this.sends.shift();
    if (!send) throw new Error("nothing was sent");
    return this.step({ type: "sent", index: send.key.index, to: send.to, undeliverable });
  }
  failed() {
    const send = this.sends.shift();
    if (!send) throw new Error("nothing was sent");
    return this.step({ type: "send-failed", index: send.key.index, to: send.to, retryAfterMs: null });
  }
  get sent() {
    return this.sends.map(({ key, to }) => `${key.index}→${to.map(({ id }) => id).join("")}`);
  }
  #take(effects: readonly KeyEffect[]) {
    for (const effect of effects) {
      if (effect.type === "use-key") this.used = effect.key;
      else if (effect.type === "send-key") this.sends.push(effect);
      else this.step({ type: "key-made", key: new Uint8Array(16).fill(this.made++) });
    }
  }
}

const [a, b, c] = [who("a"), who("b"), who("c")];

test("the first key is 0, in use at once and sent at once to all", () => {
  const hand = new Hand(a, b);
  expect(hand.used?.index).toBe(0);
  expect(hand.sent).toEqual(["0→ab"]);
});

test("a joiner gets the same key while it is young", () => {
  const hand = new Hand(a)
    .acked()
    .at(GRACE_MS - 1)
    .members(a, b);
  expect(hand.sent).toEqual(["0→b"]);
  expect(hand.made).toBe(1);
});

test("a joiner after that brings a new key to all, in use once it has arrived", () => {
  const hand = new Hand(a).acked().at(GRACE_MS).members(a, b);
  expect(hand.sent).toEqual(["1→ab"]);
  hand.at(GRACE_MS + 100).acked();
  expect(hand.at(GRACE_MS + 100 + ARRIVAL_MS - 1).used?.index).toBe(0);
  expect(hand.at(GRACE_MS + 100 + ARRIVAL_MS).used?.index).toBe(1);
});

test("the first joiner of somebody alone waits for nothing", () => {
  const hand = new Hand().at(60_000).members(a);
  expect(hand.sent).toEqual(["1→a"]);
  expect(hand.used?.index).toBe(1);
});

test("a leaver brings a new key to the rest, in use a second later even if nothing is acknowledged", () => {
  const hand = new Hand(a, b).acked().at(5_000).members(a);
  expect(hand.sent).toEqual(["1→a"]);
  expect(hand.at(5_000 + ROTATION_MS - 1).used?.index).toBe(0);
  expect(hand.at(5_000 + ROTATION_MS).used?.index).toBe(1);
});

test("when the last other leaves there is nobody to wait for", () => {
  expect(new Hand(a).acked().at(5_000).members().used?.index).toBe(1);
});

test("leaves in quick succession share a key, and each is kept its promise", () => {
  const hand = new Hand(a, b, c, who("d")).acked().at(5_000).members(a, b, c);
  hand.at(5_100).members(a, b).at(5_150).members(a);
  expect(hand.made).toBe(2);
  hand.at(5_000 + ROTATION_MS);
  expect(hand.made).toBe(3);
  expect(hand.used?.index).toBe(2);
  expect(hand.sends.at(-1)?.to).toEqual([a]);
});

test("a leaver's promise is kept where the key that he still got comes into use meanwhile", () => {
  const hand = new Hand(a, b, c).acked().at(5_000).members(a, b).at(5_010).acked().at(5_100).members(a);
  expect(hand.at(5_300).used?.index).toBe(1);
  expect(hand.at(5_100 + ROTATION_MS).used?.index).toBe(2);
});

test("who joins and who leaves at once share a key", () => {
  const hand = new Hand(a, b).acked().at(60_000).members(a, c);
  expect(hand.sent).toEqual(["1→ac"]);
});

test("a joiner while a new key is on its way gets that one", () => {
  const hand = new Hand(a, b).acked().at(60_000).members(a).at(60_100).members(a, c);
  expect(hand.sent).toEqual(["1→a", "1→c"]);
  expect(hand.at(61_000).used?.index).toBe(1);
});

test("whoever comes again under the same id has lost the keys and gets them at once", () => {
  const hand = new Hand(a, b).acked().at(3_000).members(a, who("b", "2"));
  expect(hand.sent).toEqual(["0→b"]);
});

test("indices go round after 255", () => {
  const hand = new Hand(a, b).acked();
  for (let round = 1; round <= 256; round++) {
    hand.at(round * 60_000).members(round % 2 ? a : b, who(`${round}`));
    hand.at(hand.now + ROTATION_MS);
    hand.sends = [];
  }
  expect(hand.used?.index).toBe(0);
});

test("a send that failed is tried again until it is through, and at once on a wake", () => {
  const hand = new Hand(a);
  for (let tries = 0; tries < 20; tries++) hand.failed().at(hand.now + 5_000);
  expect(hand.sent).toEqual(["0→a"]);
  hand.failed();
  expect(hand.sent).toEqual([]);
  expect(hand.step({ type: "wake" }).sent).toEqual(["0→a"]);
  expect(hand.acked().at(hand.now + 600_000).sent).toEqual([]);
});

test("a device that is not known yet gets the key when it is, and is tried now and then", () => {
  const hand = new Hand(a, b).acked(b);
  expect(hand.sent).toEqual([]);
  expect(hand.step({ type: "devices", user: a.user }).sent).toEqual([]);
  expect(hand.step({ type: "devices", user: b.user }).sent).toEqual(["0→b"]);
  expect(hand.acked(b).at(60_000).sent).toEqual(["0→b"]);
});

test("a device that cannot be reached does not hold up a new key", () => {
  const hand = new Hand(a, b, c).acked().at(60_000).members(a, b).at(60_050).acked(b);
  expect(hand.at(60_050 + ARRIVAL_MS).used?.index).toBe(1);
});

test("an acknowledgement of an older key, or of an earlier stay, says nothing", () => {
  const hand = new Hand(a, b, c);
  const [first] = hand.sends;
  hand.at(60_000).members(a, b);
  if (first) hand.step({ type: "sent", index: 0, to: first.to, undeliverable: [] });
  expect(hand.state.settledAt).toBeNull();
  hand.sends = hand.sends.slice(1);
  hand.members(a, who("b", "2"));
  hand.acked();
  expect(hand.state.deliveries.get("b")?.at).toBe("sending");
});

test("after others saw us gone all get our key again", () => {
  const hand = new Hand(a, b).acked();
  expect(hand.step({ type: "forgotten" }).sent).toEqual(["0→ab"]);
});

test("it is told who was sent the key in use, and whom it does not reach", () => {
  const hand = new Hand(a, b, c);
  const told = () => [a, b, c].map(({ id }) => sentTo(hand.state, id)).join(" ");
  expect(told()).toBe("waiting waiting waiting");
  hand.acked(b);
  expect(told()).toBe("sent failing sent");
  // Neither while it is tried again.
  hand.step({ type: "devices", user: b.user });
  expect(told()).toBe("sent failing sent");
  hand.acked();
  expect(told()).toBe("sent sent sent");
  // A new key that is on its way takes nothing from those who have the one in use.
  hand.at(60_000).members(a, b);
  hand.failed();
  expect(told()).toBe("sent sent waiting");
  hand.at(60_000 + ROTATION_MS);
  expect(told()).toBe("waiting waiting waiting");
  hand.failed().at(hand.now + 1_000);
  expect(told()).toBe("failing failing waiting");
  hand.acked();
  expect(told()).toBe("sent sent waiting");
  hand.step({ type: "forgotten" });
  expect(told()).toBe("waiting waiting waiting");
});

const move = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 15_000 })),
  who: fc.constantFrom("a", "b", "c", "d", "e"),
  rejoins: fc.boolean(),
});

/** Plays moves against a wire; `onInstant` sees every moment at which something may have changed. */
function play(
  moves: readonly (typeof move extends fc.Arbitrary<infer M> ? M : never)[],
  wire: (send: number) => { tripMs: number; arrives: boolean },
  onInstant: (world: {
    now: number;
    used: number;
    left: ReadonlyMap<string, number>;
    members: ReadonlyMap<string, string>;
    holds: (id: string, made: number) => boolean;
    told: (id: string) => ReturnType<typeof sentTo>;
  }) => void,
) {
  const queue: { at: number; run: () => void }[] = [];
  const later = (at: number, run: () => void) => queue.push({ at, run });
  const held = new Map<string, Set<number>>();
  const members = new Map<string, string>();
  const left = new Map<string, number>();
  const [first, begin] = newKeySchedule(0);
  let [state, now, made, used, sends] = [first, 0, 0, -1, 0];
  const perform = (effects: readonly KeyEffect[]) => {
    for (const effect of effects) {
      if (effect.type === "use-key") used = effect.key.key[0] ?? -1;
      else if (effect.type === "make-key") step({ type: "key-made", key: new Uint8Array(16).fill(made++) });
      else {
        const { key, to } = effect;
        const { tripMs, arrives } = wire(sends++);
        if (arrives) {
          later(now + tripMs, () => {
            for (const { id, stay } of to)
              if (members.get(id) === stay || !members.has(id)) held.get(id)?.add(key.key[0] ?? -1);
          });
          later(now + tripMs, () => step({ type: "sent", index: key.index, to, undeliverable: [] }));
        } else
          later(now + tripMs, () => step({ type: "send-failed", index: key.index, to, retryAfterMs: null }));
      }
    }
  };
  const step = (event: Without<KeyEvent>) => {
    const [next, effects] = stepKeys(state, { ...event, now } as KeyEvent);
    state = next;
    perform(effects);
  };
  perform(begin);
  let at = 0;
  for (const [count, { afterMs, who: id, rejoins }] of moves.entries()) {
    at += afterMs;
    later(at, () => {
      if (members.has(id) && !rejoins) {
        members.delete(id);
        left.set(id, now);
      } else {
        // A new stay begins with nothing.
        members.set(id, `${count}`);
        left.delete(id);
        held.set(id, new Set());
      }
      step({ type: "members", recipients: [...members].map(([id, stay]) => who(id, stay)) });
    });
  }
  const instant = () =>
    onInstant({
      now,
      used,
      left,
      members,
      holds: (id, made) => held.get(id)?.has(made) ?? false,
      told: (id) => sentTo(state, id),
    });
  const end = at + 60_000;
  for (;;) {
    const timer = nextKeyAt(state);
    const due = queue.toSorted((x, y) => x.at - y.at)[0];
    const next = Math.min(due?.at ?? Infinity, timer ?? Infinity);
    if (next > end) break;
    // What was true until now held up to this moment.
    now = next;
    instant();
    if (due && due.at === next) {
      queue.splice(queue.indexOf(due), 1);
      due.run();
    } else step({ type: "time" });
    instant();
  }
}

test("whatever happens on the wire, nobody who left can decrypt what is sent a second later", () => {
  const tripMs = fc.oneof(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 5_000 }));
  const trip = fc.record({ tripMs, arrives: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(move, { maxLength: 25 }),
      fc.array(trip, { minLength: 1, maxLength: 20 }),
      (moves, trips) => {
        play(
          moves,
          (send) => trips[send % trips.length] ?? { tripMs: 0, arrives: true },
          ({ now, used, left, holds }) => {
            for (const [id, since] of left) {
              if (now > since + ROTATION_MS) expect(holds(id, used)).toBe(false);
            }
          },
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("nobody who is in lacks the key in use for longer than a trip, and a joiner no longer than a second and a trip", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 25 }), fc.integer({ min: 0, max: 1_000 }), (moves, tripMs) => {
      const lacking = new Map<string, number>();
      const served = new Set<string>();
      play(
        moves,
        () => ({ tripMs, arrives: true }),
        ({ now, used, members, holds }) => {
          const stays = new Set([...members].map(([id, stay]) => `${id} ${stay}`));
          for (const gone of [...lacking.keys()].filter((key) => !stays.has(key))) lacking.delete(gone);
          for (const [id, stay] of members) {
            const key = `${id} ${stay}`;
            if (holds(id, used)) {
              lacking.delete(key);
              served.add(key);
              continue;
            }
            const since = lacking.get(key) ?? now;
            lacking.set(key, since);
            expect(now - since).toBeLessThanOrEqual(served.has(key) ? tripMs : ROTATION_MS + tripMs);
          }
        },
      );
    }),
    { numRuns: 300 },
  );
});

test("whatever happens on the wire, whoever is told to hold the key in use was sent it", () => {
  const trip = fc.record({ tripMs: fc.integer({ min: 0, max: 3_000 }), arrives: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(move, { maxLength: 25 }),
      fc.array(trip, { minLength: 1, maxLength: 20 }),
      (moves, trips) => {
        play(
          moves,
          (send) => trips[send % trips.length] ?? { tripMs: 0, arrives: true },
          ({ used, members, holds, told }) => {
            for (const id of members.keys()) if (told(id) === "sent") expect(holds(id, used)).toBe(true);
          },
        );
      },
    ),
    { numRuns: 300 },
  );
});
