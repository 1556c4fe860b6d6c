import * as fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test, vi } from "vitest";

import { sfuIdentity } from "../../../electron/rtc/identity.ts";
import { RtcRequestError } from "../../../electron/rtc/ports.ts";
import type { Settings } from "../../../shared/state/settings.ts";
import { FakeClient } from "../../support/fake-matrix.ts";
import { ALICE, BOB, CAROL, ROOM, World, type Phone } from "./call-world.ts";

const LEGACY = "org.matrix.msc3401.call.member";
const STICKY = "org.matrix.msc4143.rtc.member";

const sticky = (world: World, ...args: [typeof ALICE, string]): Phone => {
  const phone = world.person(...args);
  phone.membership = "sticky";
  return phone;
};
const typesOf = (world: World, user: typeof ALICE) =>
  world.server.standing(ROOM, user).map(({ type }) => type);
const heard = (...all: Phone[]) =>
  all.every((one) => all.every((other) => one === other || one.hears(other)));

describe("the form of our own membership", () => {
  test.each<[Settings["membership"], boolean, Settings["membership"][], string]>([
    ["compatible", true, [], LEGACY],
    ["compatible", true, ["compatible"], LEGACY],
    ["compatible", true, ["sticky"], STICKY],
    ["compatible", true, ["sticky", "compatible"], LEGACY],
    ["sticky", true, [], STICKY],
    ["sticky", true, ["compatible"], STICKY],
    ["sticky", false, [], LEGACY],
  ])("chosen %s, server can: %s, others there: %j: %s", async (membership, can, others, type) => {
    const world = new World();
    world.server.hasSticky = can;
    for (const [at, form] of others.entries()) {
      const other = world.person(at === 0 ? BOB : CAROL, `D${at}`);
      other.membership = form;
      await world.clock.advance(100);
      await other.joined();
    }
    const alice = world.person(ALICE, "A");
    alice.membership = membership;
    await world.clock.until("she sees them", () => alice.people.length === others.length);
    await world.clock.advance(100);
    await alice.joined();
    expect(typesOf(world, ALICE)).toEqual([type]);
  });

  test("a slot that is closed is no place for sticky memberships", async () => {
    const world = new World();
    world.server.write(ROOM, CAROL, "org.matrix.msc4143.rtc.slot", "m.call#ROOM", { status: "closed" });
    const alice = sticky(world, ALICE, "A");
    await world.clock.advance(100);
    await alice.joined();
    expect(typesOf(world, ALICE)).toEqual([LEGACY]);
  });

  test.each<[Settings["membership"], ("legacy" | "sticky")[], boolean, string | null]>([
    ["compatible", ["legacy"], true, STICKY],
    ["compatible", ["legacy"], false, null],
    ["compatible", ["sticky"], true, LEGACY],
    ["sticky", ["sticky"], true, LEGACY],
    ["sticky", ["legacy", "sticky"], true, null],
  ])("chosen %s, forbidden %j, server has sticky ones: %s: %s", async (membership, forms, can, type) => {
    const world = new World();
    world.server.hasSticky = can;
    const room = world.server.get(ROOM);
    for (const form of forms) room.barredForms.add(form);
    const alice = world.person(ALICE, "A");
    alice.membership = membership;
    await world.clock.advance(100);
    expect(alice.rtc.canJoin(ROOM)).toBe(type !== null);
    const call = alice.join();
    await world.clock.until("an answer", () => call.status.phase !== "joining");
    expect(call.status).toMatchObject(
      type === null ? { phase: "left", error: "call-forbidden" } : { phase: "live" },
    );
    expect(typesOf(world, ALICE)).toEqual(type === null ? [] : [type]);
  });

  test("that we may be in a call after all is told once the server said that it has sticky events", async () => {
    const world = new World();
    world.server.get(ROOM).barredForms.add("legacy");
    const { rtc } = world.person(ALICE, "A");
    expect(rtc.canJoin(ROOM)).toBe(false);
    const told: boolean[] = [];
    rtc.onChange((room) => told.push(rtc.canJoin(room)));
    await world.clock.advance(100);
    expect(told.at(-1)).toBe(true);
    world.server.write(ROOM, CAROL, "org.matrix.msc4143.rtc.slot", "m.call#ROOM", { status: "closed" });
    await world.clock.advance(100);
    expect(rtc.canJoin(ROOM)).toBe(false);
  });

  test("a server that did not say at the start whether it has them is asked again when the room is looked at", async () => {
    const world = new World();
    world.server.get(ROOM).barredForms.add("legacy");
    vi.spyOn(FakeClient.prototype, "hasSticky").mockRejectedValueOnce(
      new RtcRequestError("offline", "no answer"),
    );
    const { rtc } = world.person(ALICE, "A");
    await world.clock.advance(100);
    expect(rtc.canJoin(ROOM)).toBe(false);
    await world.clock.advance(100);
    expect(rtc.canJoin(ROOM)).toBe(true);
    vi.restoreAllMocks();
  });

  test("in sticky form our key comes again after others have seen our membership", async () => {
    const world = new World();
    const [bob, alice] = [sticky(world, BOB, "B"), sticky(world, ALICE, "A")];
    await world.clock.advance(100);
    await bob.joined();
    const heardFirst: ("membership" | "key")[] = [];
    bob.matrix.onToDevice(({ sender }) => sender === ALICE && heardFirst.push("key"));
    bob.matrix.onEvent((_room, { sender }) => sender === ALICE && heardFirst.push("membership"));
    await alice.joined();
    await world.clock.advance(2_000);
    expect(heardFirst.lastIndexOf("key")).toBeGreaterThan(heardFirst.indexOf("membership"));
  });

  test("it stays as it is for one stay, and a sticky one is somebody new in each", async () => {
    const world = new World();
    const alice = sticky(world, ALICE, "A");
    await world.clock.advance(100);
    const first = await alice.joined();
    alice.membership = "compatible";
    first.setIntent("audio");
    await world.clock.advance(2_000);
    expect(typesOf(world, ALICE)).toEqual([STICKY]);
    alice.membership = "sticky";
    await alice.left();
    expect(world.server.standing(ROOM, ALICE)).toEqual([]);
    const second = await alice.joined();
    expect(second.identity).not.toBe(first.identity);
    expect(alice.session?.members[0]).toMatchObject({ identity: second.identity, own: true });
  });
});

describe("the name of the window's dial is the one of the membership", () => {
  /** As the call's window does when it comes to the call: the identity by which the service lets it in. */
  async function dialled(phone: Phone, { visit = true } = {}): Promise<string> {
    const { world } = phone;
    if (visit) {
      phone.rtc.prepare(ROOM);
      await within(world, phone.rtc.ownTransport(ROOM));
      await within(world, phone.rtc.grant({ room: ROOM, transport: "https://sfu.hs" }));
    } else await within(world, phone.rtc.grant({ room: ROOM, transport: "https://sfu.hs", fresh: true }));
    const { url, body } = phone.posts.at(-1) ?? {};
    const { member } = v.parse(v.looseObject({ member: v.optional(v.object({ id: v.string() })) }), body);
    return url?.endsWith("/get_token") && member
      ? sfuIdentity([phone.matrix.user, phone.matrix.device, member.id])
      : `${phone.matrix.user}:${phone.matrix.device}`;
  }
  async function within<T>(world: World, promise: Promise<T>): Promise<T> {
    let done = false;
    promise.finally(() => (done = true)).catch(() => undefined);
    await world.clock.until("an answer", () => done);
    return promise;
  }

  test.each([0, 20_000])("where the leave before took long, and %i ms are spent in the lobby", async (ms) => {
    const world = new World();
    const alice = sticky(world, ALICE, "A");
    await world.clock.advance(100);
    const first = await alice.joined();
    alice.matrix.network = "stalled";
    await alice.left();
    alice.matrix.reconnect();
    expect(world.server.standing(ROOM, ALICE)).toHaveLength(1);
    const name = await dialled(alice);
    expect(name).not.toBe(first.identity);
    await world.clock.advance(ms);
    // A leave that is answered while the lobby is open is none of this visit's.
    expect(first.status.phase).toBe(ms === 0 ? "live" : "left");
    expect(await dialled(alice, { visit: false })).toBe(name);
    const second = await alice.joined();
    expect(second.identity).toBe(name);
    await world.clock.advance(40_000);
    expect(alice.session?.members.map(({ identity }) => identity)).toEqual([name]);
    expect(second.status.phase).toBe("live");
  });

  test("a visit to the lobby that came to no call decides nothing for the next", async () => {
    const world = new World();
    const alice = world.person(ALICE, "A");
    await world.clock.advance(100);
    expect(await dialled(alice)).toBe(`${ALICE}:A`);
    alice.membership = "sticky";
    const name = await dialled(alice);
    expect(name).not.toBe(`${ALICE}:A`);
    expect((await alice.joined()).identity).toBe(name);
    expect(typesOf(world, ALICE)).toEqual([STICKY]);
  });

  test("a dial that stands is not left behind by a choice that changes, nor by somebody who rings", async () => {
    const world = new World();
    const alice = world.person(ALICE, "A");
    await world.clock.advance(100);
    const name = await dialled(alice);
    alice.membership = "sticky";
    alice.rtc.prepare(ROOM);
    await world.clock.advance(1_000);
    expect((await alice.joined()).identity).toBe(name);
    // Held for another call, and taken up again.
    expect(await dialled(alice)).toBe(name);
  });
});

test.each([true, false])("legacy and sticky people meet, encrypted room: %s", async (encrypted) => {
  const world = new World({ encrypted });
  const [alice, bob] = [world.person(ALICE, "A"), sticky(world, BOB, "B")];
  await world.clock.advance(100);
  await alice.joined();
  await bob.joined();
  await world.clock.until("both see both", () => alice.people.length === 2 && bob.people.length === 2);
  const keyOfBob = bob.session?.members.find(({ own }) => own);
  expect(keyOfBob?.identity).toBe(bob.call?.identity);
  expect(alice.session?.members.find(({ user }) => user === BOB)?.identity).toBe(bob.call?.identity);
  if (encrypted) await world.clock.until("both hear", () => heard(alice, bob));
  await bob.left();
  await world.clock.until("gone", () => alice.people.length === 1);
});

test("whoever signs in or comes into the room later can still read who is in an encrypted sticky call", async () => {
  const world = new World();
  const alice = sticky(world, ALICE, "A");
  await world.clock.advance(100);
  await alice.joined();
  await world.clock.advance(60_000);
  const bob = world.person(BOB, "B");
  expect(bob.people).toEqual([]);
  await world.clock.until("Bob sees Alice", () => bob.people.length === 1);
  await bob.joined();
  expect(typesOf(world, BOB)).toEqual([STICKY]);
  await world.clock.until("both hear", () => heard(alice, bob));
});

test("a sticky member who is killed is removed by the delayed leave", async () => {
  const world = new World();
  const [alice, bob] = [sticky(world, ALICE, "A"), sticky(world, BOB, "B")];
  await world.clock.advance(100);
  await alice.joined();
  await bob.joined();
  await world.clock.until("seen", () => alice.people.length === 2);
  bob.kill();
  const took = await world.clock.until("gone", () => alice.people.length === 1);
  expect(took).toBeGreaterThan(15_000);
  expect(took).toBeLessThan(25_000);
});

test("killed in a sticky call and back at once, it is one participant, and the ghost is gone by its return", async () => {
  const world = new World();
  const [alice, bob] = [sticky(world, ALICE, "A"), sticky(world, BOB, "B")];
  await world.clock.advance(100);
  await alice.joined();
  await bob.joined();
  await world.clock.until("both hear", () => heard(alice, bob));
  const again = bob.restarted();
  // By the other form, so that nothing of the ghost is overwritten.
  await world.clock.advance(100);
  await again.joined();
  await world.clock.until("both hear", () => heard(alice, again));
  expect(world.server.standing(ROOM, BOB)).toHaveLength(1);
  const until = world.clock.now() + 40_000;
  while (world.clock.now() < until) {
    await world.clock.advance(1_000);
    expect(alice.people).toEqual([ALICE, BOB]);
  }
});

describe.each(["compatible", "sticky"] as const)("%s", (membership) => {
  async function pair(world = new World()) {
    const [alice, bob] = [world.person(ALICE, "A"), world.person(BOB, "B")];
    alice.membership = membership;
    bob.membership = membership;
    await world.clock.advance(100);
    const call = await alice.joined();
    await bob.joined();
    await world.clock.until("both hear", () => heard(alice, bob));
    return { world, alice, bob, call };
  }

  test("a redacted membership ends the call within a second, for good, and leaves no delayed leave", async () => {
    const { world, alice, bob, call } = await pair();
    const [standing] = world.server.standing(ROOM, ALICE);
    if (!standing) throw new Error("no membership");
    world.server.redact(ROOM, standing.eventId);
    const took = await world.clock.until("ended", () => call.status.phase === "left");
    expect(took).toBeLessThan(1_000);
    expect(call.status.error).toBe("call-removed");
    await world.clock.advance(60_000);
    expect(bob.people).toEqual([BOB]);
    expect(alice.people).toEqual([BOB]);
    expect(world.server.standing(ROOM, ALICE)).toEqual([]);
    expect([...world.server.delayed.values()].filter(({ sender }) => sender === ALICE)).toEqual([]);
    // A click of theirs may bring them back.
    await alice.joined();
    await world.clock.until("back", () => bob.people.length === 2);
  });

  test("another copy of the app on this device takes over; the first one goes without a trace", async () => {
    const { world, alice, bob, call } = await pair();
    const copy = world.person(ALICE, "A");
    copy.membership = membership;
    await world.clock.advance(100);
    await copy.joined();
    await world.clock.until("ended", () => call.status.phase === "left");
    expect(call.status.error).toBe("call-elsewhere");
    expect(alice.matrix.network).toBe("up");
    const until = world.clock.now() + 60_000;
    await world.clock.advance(1_000);
    while (world.clock.now() < until) {
      await world.clock.advance(1_000);
      expect(copy.call?.status.phase).toBe("live");
      expect(bob.people).toEqual([ALICE, BOB].toSorted((a) => (a === BOB ? -1 : 1)));
      expect(world.server.standing(ROOM, ALICE)).toHaveLength(1);
    }
    expect([...world.server.delayed.values()].filter(({ sender }) => sender === ALICE)).toHaveLength(1);
  });

  test("out of the room is out of the call", async () => {
    const { world, bob, call } = await pair();
    world.server.leaveRoom(ROOM, ALICE);
    await world.clock.until("ended", () => call.status.phase === "left");
    expect(call.status.error).toBe("room-left");
    await world.clock.until("gone", () => bob.people.length === 1);
    const left = () => [...world.server.delayed.values()].filter(({ sender }) => sender === ALICE);
    await world.clock.until("nothing is left to fire", () => left().length === 0);
  });

  test("muzzled in the call, we stay while our event stands, and cannot come back after", async () => {
    const { world, alice, call } = await pair();
    world.server.get(ROOM).barred.add(ALICE);
    call.setIntent("audio");
    await world.clock.advance(30_000);
    expect(call.status).toMatchObject({ phase: "live", error: null });
    alice.matrix.network = "refused";
    await world.clock.advance(30_000);
    alice.matrix.reconnect();
    await world.clock.until("ended", () => call.status.phase === "left");
    expect(call.status.error).toBe("call-forbidden");
  });

  test("in a room that another one replaced, the end says so, and comes only when we cannot write", async () => {
    const { world, alice, call } = await pair();
    const room = world.server.get(ROOM);
    room.upgraded = true;
    await world.clock.advance(30_000);
    expect(call.status.phase).toBe("live");
    // The delayed leave fires while we are away, and then we may not come back.
    alice.matrix.network = "refused";
    await world.clock.advance(30_000);
    room.barred.add(ALICE);
    alice.matrix.reconnect();
    await world.clock.until("ended", () => call.status.phase === "left");
    expect(call.status.error).toBe("room-upgraded");
  });
});

describe.each(["compatible", "sticky"] as const)("what a killed run left in %s form", (membership) => {
  async function killed(world: World, maxDelayMs: number | null = null) {
    world.server.maxDelayMs = maxDelayMs;
    const alice = world.person(ALICE, "A");
    alice.membership = membership;
    const bob = world.person(BOB, "B");
    await world.clock.advance(100);
    await alice.joined();
    await world.clock.until("Bob sees Alice", () => bob.people.length === 1);
    return { alice, bob };
  }

  test("is taken back by the next one, where no delayed leave does it", async () => {
    const world = new World();
    const { alice, bob } = await killed(world);
    alice.restarted();
    const took = await world.clock.until("gone", () => bob.people.length === 0);
    expect(took).toBeLessThan(12_000);
    expect(world.server.standing(ROOM, ALICE)).toEqual([]);
  });

  test("is taken back when the network is there again", async () => {
    const world = new World();
    const { alice, bob } = await killed(world);
    const again = alice.restarted();
    again.matrix.network = "refused";
    await world.clock.advance(60_000);
    expect(bob.people).toEqual([ALICE]);
    again.matrix.reconnect();
    await world.clock.until("gone", () => bob.people.length === 0);
  });

  test("is ours again where we are back in the call before", async () => {
    const world = new World();
    const { alice, bob } = await killed(world);
    const again = alice.restarted();
    again.membership = "compatible";
    await again.joined();
    await world.clock.advance(60_000);
    expect(again.call?.status.phase).toBe("live");
    expect(bob.people).toEqual([ALICE]);
    // A ghost that counted before us would be looked for on the SFU by a name that is not ours.
    expect(bob.session?.members.map(({ identity }) => identity)).toEqual([again.call?.identity]);
    expect(again.session?.members.map(({ identity }) => identity)).toEqual([again.call?.identity]);
  });

  test("is the delayed leave's to end where the server has them: a copy that only starts ends no call", async () => {
    const world = new World();
    const { alice, bob } = await killed(world, 86_400_000);
    const leaves = () =>
      world.server.writes.filter(
        ({ sender, content }) => sender === ALICE && !JSON.stringify(content).includes("livekit"),
      );
    world.person(ALICE, "A");
    const until = world.clock.now() + 60_000;
    while (world.clock.now() < until) {
      await world.clock.advance(1_000);
      expect(bob.people).toEqual([ALICE]);
    }
    expect(leaves()).toEqual([]);
    expect(alice.call?.status.phase).toBe("live");
    // Nor does a server that takes any delay keep one of those by which it was asked.
    const own = () => [...world.server.delayed.values()].filter(({ sender }) => sender === ALICE);
    expect(own()).toHaveLength(1);
    world.server.maxDelayMs = Infinity;
    world.person(ALICE, "A");
    await world.clock.advance(30_000);
    expect(own()).toHaveLength(1);
    expect(leaves()).toEqual([]);
  });

  test("is taken back in a room that we were put out of and came back to", async () => {
    const world = new World();
    const { bob } = await killed(world, 86_400_000);
    world.server.leaveRoom(ROOM, ALICE);
    await world.clock.advance(60_000);
    world.server.joinRoom(ROOM, ALICE);
    expect(world.server.standing(ROOM, ALICE)).toHaveLength(1);
    await world.clock.advance(12_000);
    expect(world.server.standing(ROOM, ALICE)).toEqual([]);
    expect(bob.people).toEqual([]);
  });

  test("is left alone where another copy of the app is alive and says so", async () => {
    const world = new World();
    const { alice, bob } = await killed(world);
    // The first one goes on.
    const copy = world.person(ALICE, "A");
    await world.clock.advance(15_000);
    expect(copy.call).toBeNull();
    await world.clock.until("it came again", () => bob.people.length === 1);
    const until = world.clock.now() + 60_000;
    while (world.clock.now() < until) {
      await world.clock.advance(1_000);
      expect(bob.people).toEqual([ALICE]);
    }
    expect(alice.call?.status.phase).toBe("live");
  });
});

/** One thing that happens to a call, and how long until the next. */
const mishap = fc.record({
  what: fc.constantFrom("refused", "stalled", "deaf", "up", "limited", "newcomer", "intent", "wake", "pause"),
  ms: fc.integer({ min: 0, max: 20_000 }),
});

test("whatever fails, a sticky membership never stands without a living delayed leave, and it recovers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mishap, { maxLength: 15 }), fc.boolean(), async (mishaps, encrypted) => {
      const world = new World({ encrypted });
      const { server, clock } = world;
      const alice = sticky(world, ALICE, "A");
      const bob = world.person(BOB, "B");
      await clock.advance(100);
      const call = alice.join();
      let bareMs = 0;
      const pass = async (ms: number) => {
        for (let left = ms; left > 0; left -= 250) {
          await clock.advance(Math.min(250, left));
          const bare =
            alice.matrix.network === "up" &&
            server.standing(ROOM, ALICE).length > 0 &&
            ![...server.delayed.values()].some(({ sender }) => sender === ALICE);
          bareMs = bare ? bareMs + 250 : 0;
          expect(bareMs).toBeLessThanOrEqual(6_000);
        }
      };
      await pass(1_000);
      for (const { what, ms } of mishaps) {
        if (what === "up") alice.matrix.reconnect();
        else if (what === "refused" || what === "stalled" || what === "deaf") alice.matrix.network = what;
        else if (what === "limited") {
          alice.matrix.refusals.push(new RtcRequestError("rate-limited", "429", { retryAfterMs: 2_000 }));
        } else if (what === "newcomer") world.person(CAROL, `C${ms}`);
        else if (what === "intent") call.setIntent(ms % 2 ? "audio" : "video");
        else if (what === "wake") alice.rtc.wake();
        await pass(ms);
      }
      alice.matrix.reconnect();
      await pass(60_000);
      for (let seconds = 0; seconds < 30; seconds++) {
        await pass(1_000);
        expect(call.status).toMatchObject({ phase: "live", error: null });
        expect(bob.people).toEqual([ALICE]);
        expect(typesOf(world, ALICE)).toEqual([STICKY]);
      }
      await Promise.all([call.leave(), pass(3_000)]);
      expect(server.standing(ROOM, ALICE)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
