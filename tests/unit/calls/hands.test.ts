import { expect, test } from "vitest";

import { Hands } from "../../../electron/calls/hands.ts";
import { RtcRequestError } from "../../../electron/rtc/ports.ts";
import type { Reactions } from "../../../electron/rtc/reactions.ts";
import type { MemberView } from "../../../electron/rtc/types.ts";
import type { HandSignal } from "../../../shared/call/hands.ts";
import type { EventId, RoomId } from "../../../shared/matrix/ids.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const room = "!r:hs";
const bob: MemberView = {
  id: "@bob:hs|B|m",
  user: "@bob:hs",
  device: "B",
  memberId: "m",
  eventId: "$bob1",
  transport: null,
  identity: "@bob:hs:B",
  joinedAt: 1,
  intent: "video",
  own: false,
  known: false,
};
const me: MemberView = { ...bob, id: "@me:hs|D|n", user: "@me:hs", device: "D", eventId: "$me1", own: true };

/** A server with what stands on it; a request takes 50 ms, and is refused while offline. */
class FakeReactions implements Reactions {
  readonly clock: FakeClock;
  readonly on = new Map<EventId, HandSignal & { readonly type: "raised" }>();
  readonly asked: EventId[] = [];
  readonly reacted: { of: EventId; emoji: string }[] = [];
  offline = false;
  /** How raises are answered. */
  refusal: RtcRequestError | null = null;
  raises = 0;
  /** The server takes it, and its answer is lost. */
  deaf = false;
  tell: (room: RoomId, signal: HandSignal) => void = () => {};
  gap: (room: RoomId) => void = () => {};
  wanted: (room: RoomId) => boolean = () => false;
  readonly #txns = new Map<string, EventId>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }
  onSignal(wanted: (room: RoomId) => boolean, listener: FakeReactions["tell"]) {
    this.wanted = wanted;
    this.tell = listener;
    return () => (this.tell = () => {});
  }
  onGap(listener: FakeReactions["gap"]) {
    this.gap = listener;
    return () => (this.gap = () => {});
  }
  async standing(_room: RoomId, of: EventId) {
    this.asked.push(of);
    await this.#trip();
    return [...this.on.values()].filter((hand) => hand.of === of);
  }
  async raise(_room: RoomId, of: EventId, txn: string) {
    this.raises++;
    await this.#trip();
    if (this.refusal) throw this.refusal;
    const id = this.#txns.get(txn) ?? (`$hand${this.#txns.size}` as const);
    // As Synapse: one annotation of a kind.
    const twice = [...this.on].some(([other, hand]) => other !== id && hand.of === of);
    if (twice) throw new RtcRequestError("refused", "M_DUPLICATE_ANNOTATION");
    this.#txns.set(txn, id);
    this.on.set(id, { type: "raised", id, sender: me.user, of, at: this.clock.now() });
    if (this.deaf) throw new RtcRequestError("offline", "no answer");
    return id;
  }
  async lower(_room: RoomId, hand: EventId) {
    await this.#trip();
    this.on.delete(hand);
  }
  async react(_room: RoomId, of: EventId, emoji: string) {
    await this.#trip();
    this.reacted.push({ of, emoji });
  }
  async #trip() {
    await new Promise<void>((resolve) => this.clock.after(50, resolve));
    if (this.offline) throw new RtcRequestError("offline", "refused");
  }
}

function setup() {
  const clock = new FakeClock();
  const wire = new FakeReactions(clock);
  let members: readonly MemberView[] = [bob, me];
  let changes = 0;
  const hands = new Hands({
    reactions: wire,
    membersOf: () => members,
    clock,
    log: collectLog().log,
    changed: () => changes++,
  });
  hands.watch([room], [room]);
  return {
    clock,
    wire,
    hands,
    /** Member events on which our hand is up on the server. */
    up: () => [...wire.on.values()].map(({ of }) => of),
    mine: () => hands.marks(room, members.find(({ own }) => own) ?? me),
    bobs: () => hands.marks(room, members.find(({ own }) => !own) ?? bob),
    become(...now: readonly MemberView[]) {
      members = now;
      hands.look(room);
    },
    changes: () => changes,
  };
}
const raisedBy = (member: MemberView, at: number, id: EventId = "$h"): HandSignal & { type: "raised" } => ({
  type: "raised",
  id,
  sender: member.user,
  of: member.eventId,
  at,
});

test("ours is up at once, and on the server; lowered, it is neither", async () => {
  const { clock, hands, mine, up } = setup();
  const raising = hands.raise(room, true);
  expect(mine().handAt).toBe(clock.now());
  await Promise.all([raising, clock.advance(50)]);
  expect(up()).toEqual(["$me1"]);
  await Promise.all([hands.raise(room, false), clock.advance(50)]);
  expect([mine().handAt, up()]).toEqual([null, []]);
});

test("ours follows our member event, so that a camera that is switched off lowers no hand", async () => {
  const { clock, hands, become, mine, up } = setup();
  const at = clock.now();
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  become(bob, { ...me, eventId: "$me2" });
  await clock.advance(50);
  expect(up()).toEqual(["$me1", "$me2"]);
  expect(mine().handAt).toBe(at);
  // One that changes while the raise is on its way is caught up with too.
  become(bob, { ...me, eventId: "$me3" });
  await clock.advance(20);
  become(bob, { ...me, eventId: "$me4" });
  await clock.advance(100);
  expect(up().at(-1)).toBe("$me4");
  await Promise.all([hands.raise(room, false), clock.advance(50)]);
  expect(up()).not.toContain("$me4");
});

test("ours is raised again on a new member event once the server answers", async () => {
  const { clock, wire, hands, become, mine, up } = setup();
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  wire.offline = true;
  become(bob, { ...me, eventId: "$me2" });
  await clock.advance(12_000);
  expect([up(), mine().handAt]).toEqual([["$me1"], expect.any(Number)]);
  wire.offline = false;
  await clock.advance(6_000);
  expect(up()).toContain("$me2");
});

test("ours that may not be raised again is down, for us too, until we raise it", async () => {
  const { clock, wire, hands, become, mine, up } = setup();
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  wire.refusal = new RtcRequestError("forbidden", "403");
  wire.raises = 0;
  become(bob, { ...me, eventId: "$me2" });
  await clock.advance(60_000);
  expect(wire.raises).toBe(1);
  expect(mine().handAt).toBeNull();
  become(bob, { ...me, eventId: "$me3" });
  await clock.advance(60_000);
  expect(wire.raises).toBe(1);
  wire.refusal = null;
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  expect(up().at(-1)).toBe("$me3");
});

test("ours waits as long as the server says, in one loop for all member events", async () => {
  const { clock, wire, hands, become, mine, up } = setup();
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  wire.refusal = new RtcRequestError("rate-limited", "429", { retryAfterMs: 30_000 });
  wire.raises = 0;
  for (let count = 2; count < 6; count++) {
    become(bob, { ...me, eventId: `$me${count}` });
    await clock.advance(1_000);
  }
  expect(wire.raises).toBe(1);
  await clock.advance(60_000);
  expect(wire.raises).toBe(3);
  expect(mine().handAt).not.toBeNull();
  wire.refusal = null;
  await clock.advance(40_000);
  expect(up().at(-1)).toBe("$me5");
  expect(wire.raises).toBe(4);
});

test("one that the server did not take is down, and says why", async () => {
  const { clock, wire, hands, mine } = setup();
  wire.offline = true;
  const raising = expect(hands.raise(room, true)).rejects.toMatchObject({ code: "offline" });
  await clock.advance(50);
  await raising;
  expect(mine().handAt).toBeNull();
});

test("one whose answer was lost can be raised again, and lowered", async () => {
  const { clock, wire, hands, up } = setup();
  wire.deaf = true;
  const raising = expect(hands.raise(room, true)).rejects.toMatchObject({ code: "offline" });
  await clock.advance(50);
  await raising;
  wire.deaf = false;
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  expect(up()).toEqual(["$me1"]);
  await Promise.all([hands.raise(room, false), clock.advance(50)]);
  expect(up()).toEqual([]);
});

test("however fast it goes up and down, the last word counts", async () => {
  const { clock, hands, mine, up } = setup();
  const words = [true, false, true, false, true].map((word) => hands.raise(room, word));
  await Promise.all([...words, clock.advance(1_000)]);
  expect([mine().handAt, up()]).toEqual([expect.any(Number), ["$me1"]]);
  const more = [false, true, false].map((word) => hands.raise(room, word));
  await Promise.all([...more, clock.advance(1_000)]);
  expect([mine().handAt, up()]).toEqual([null, []]);
});

test("a moderator may lower it", async () => {
  const { clock, wire, hands, become, mine, up } = setup();
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  const [hand = "$none"] = wire.on.keys();
  wire.on.delete(hand);
  wire.tell(room, { type: "withdrawn", id: hand });
  expect(mine().handAt).toBeNull();
  become(bob, { ...me, eventId: "$me2" });
  await clock.advance(1_000);
  expect(up()).toEqual([]);
});

test("ours that was raised before our membership is seen is up with it", async () => {
  const { clock, hands, become, up } = setup();
  become(bob);
  await hands.raise(room, true);
  await clock.advance(1_000);
  expect(up()).toEqual([]);
  become(bob, me);
  await clock.advance(50);
  expect(up()).toEqual(["$me1"]);
});

test("ours goes with us: in the lobby after a call, and in the next one, it is down", async () => {
  const { clock, hands, become, mine, up } = setup();
  await Promise.all([hands.raise(room, true), clock.advance(50)]);
  hands.watch([room], []);
  become(bob);
  expect(mine().handAt).toBeNull();
  await expect(hands.raise(room, true)).rejects.toMatchObject({ code: "denied" });
  hands.watch([room], [room]);
  become(bob, { ...me, eventId: "$me2" });
  await clock.advance(1_000);
  expect(up()).toEqual(["$me1"]);
});

test("who is in no call raises none", async () => {
  const { hands, become } = setup();
  await expect(hands.raise("!other:hs", true)).rejects.toMatchObject({ code: "denied" });
  await expect(hands.react("!other:hs", "👍")).rejects.toMatchObject({ code: "denied" });
  become(bob);
  await expect(hands.react(room, "👍")).rejects.toMatchObject({ code: "denied" });
});

test("hands that were up before we looked are seen, also where the server answers late", async () => {
  const { clock, wire, hands, bobs } = setup();
  hands.watch([], []);
  wire.on.set("$h", raisedBy(bob, 5));
  wire.offline = true;
  hands.watch([room], []);
  await clock.advance(1_000);
  expect(bobs().handAt).toBeNull();
  wire.offline = false;
  await clock.advance(10_000);
  expect(bobs().handAt).toBe(5);
});

test("the server is asked once for each member, and again after a gap", async () => {
  const { clock, wire, become, bobs } = setup();
  await clock.advance(100);
  become({ ...bob, eventId: "$bob2" }, me);
  become({ ...bob, eventId: "$bob2" }, me, { ...bob, id: "c", user: "@carol:hs", eventId: "$carol" });
  await clock.advance(100);
  expect(wire.asked).toEqual(["$bob1", "$carol"]);
  wire.tell(room, raisedBy({ ...bob, eventId: "$bob2" }, 5));
  expect(bobs().handAt).toBe(5);
  // It was lowered, which nobody told.
  wire.gap(room);
  await clock.advance(200);
  expect(wire.asked.slice(2)).toEqual(["$bob2", "$carol"]);
  expect(bobs().handAt).toBeNull();
});

test("a reaction is shown for 3 s", async () => {
  const { clock, wire, bobs, changes } = setup();
  wire.tell(room, { type: "reacted", sender: bob.user, of: bob.eventId, emoji: "🎉", ageMs: 0 });
  expect(bobs().reaction).toBe("🎉");
  const before = changes();
  await clock.advance(3_000);
  expect(bobs().reaction).toBeNull();
  expect(changes()).toBeGreaterThan(before);
});

test("ours is shown at once and once, is one grapheme, and a second one waits for its turn", async () => {
  const { clock, wire, hands, mine } = setup();
  await Promise.all([hands.react(room, "👍👍"), hands.react(room, "🎉"), clock.advance(50)]);
  expect([mine().reaction, wire.reacted]).toEqual(["👍", [{ of: "$me1", emoji: "👍" }]]);
  await clock.advance(3_000);
  wire.tell(room, { type: "reacted", sender: me.user, of: me.eventId, emoji: "👍", ageMs: 3_000 });
  expect(mine().reaction).toBeNull();
});

test("of calls that nobody looks at nothing is kept", async () => {
  const { wire, hands, bobs } = setup();
  wire.tell(room, raisedBy(bob, 5));
  hands.watch(["!other:hs"], []);
  expect([wire.wanted(room), wire.wanted("!other:hs"), bobs().handAt]).toEqual([false, true, null]);
});
