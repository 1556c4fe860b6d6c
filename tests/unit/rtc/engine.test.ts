import { expect, test } from "vitest";

import { RtcRequestError, type Clock } from "../../../electron/rtc/ports.ts";
import { ALICE, BOB, CAROL, ROOM, same, World, type Phone } from "./call-world.ts";

const MEMBER = "org.matrix.msc3401.call.member";
const KEYS = "io.element.call.encryption_keys";

test("two people who join see each other, live, with identities and transports", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.until("both see both", () => alice.people.length === 2 && bob.people.length === 2);
  expect(alice.session?.members).toEqual(
    bob.session?.members.map((member) => ({ ...member, own: !member.own })),
  );
  expect(alice.session?.members[1]).toMatchObject({
    id: `${BOB}|B|${BOB}:B`,
    identity: `${BOB}:B`,
    transport: { type: "livekit", serviceUrl: "https://sfu.hs" },
    known: true,
    own: false,
    intent: "video",
  });
});

test("a joiner hears and is heard within a second of the click", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await world.clock.advance(60_000);
  bob.join();
  const took = await world.clock.until("both hear", () => alice.hears(bob) && bob.hears(alice));
  expect(took).toBeLessThan(1_000);
});

test("a first key goes out with the membership, not after it", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await world.clock.advance(5_000);
  bob.join();
  await world.clock.until("Bob's key is with the server", () => bob.matrix.sent.length > 0);
  expect(world.server.standing(ROOM, BOB)).toEqual([]);
  await world.clock.until("Alice holds Bob's key", () => alice.held(bob).length === 1);
});

test("somebody who leaves is gone, and hears nothing a second later", async () => {
  const world = new World();
  const [alice, bob, carol] = [world.person(ALICE, "A"), world.person(BOB, "B"), world.person(CAROL, "C")];
  for (const one of [alice, bob, carol]) await one.joined();
  await world.clock.advance(20_000);
  const bobs = [...(bob.call?.keys() ?? [])];
  await bob.left();
  expect(world.server.standing(ROOM, BOB)).toEqual([]);
  await world.clock.advance(1_100);
  expect(alice.people).toEqual([ALICE, CAROL]);
  expect(carol.hears(alice)).toBe(true);
  for (const other of [alice, carol]) {
    const own = other.own;
    expect(own && bobs.some(({ key }) => same(key, own.key))).toBe(false);
  }
  // Its delayed leave is used up, not left to fire into a later call.
  expect([...world.server.delayed.values()].filter(({ sender }) => sender === BOB)).toEqual([]);
});

test("whoever is killed is removed by the delayed leave", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  bob.kill();
  const took = await world.clock.until("gone", () => alice.people.length === 1);
  expect(took).toBeGreaterThan(15_000);
  expect(took).toBeLessThan(25_000);
});

test.each([-1, 1])(
  "a clock that jumps by an hour (%i) in the middle of a call changes nothing",
  async (hours) => {
    const world = new World();
    let skewMs = 0;
    const jumping: Clock = {
      now: () => world.clock.now() + skewMs,
      after: (ms, run) => world.clock.after(ms, run),
    };
    const alice = world.person(ALICE, "A");
    const bob = world.person(BOB, "B", jumping);
    await alice.joined();
    await bob.joined();
    const [before] = world.server.standing(ROOM, BOB);
    skewMs = hours * 3_600_000;
    await world.clock.advance(60_000);
    skewMs = 0;
    await world.clock.advance(60_000);
    expect(world.server.standing(ROOM, BOB)).toEqual([before]);
    expect(bob.call?.status).toMatchObject({ phase: "live", error: null });
    expect(bob.hears(alice)).toBe(true);
  },
);

test("killed and restarted within the delay, it is in again with all keys within a second, and stays", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.advance(30_000);
  const again = bob.restarted();
  again.join();
  const took = await world.clock.until("both hear", () => alice.hears(again) && again.hears(alice));
  expect(took).toBeLessThan(1_000);
  const until = world.clock.now() + 40_000;
  while (world.clock.now() < until) {
    await world.clock.advance(1_000);
    expect(alice.people).toEqual([ALICE, BOB]);
    expect(alice.hears(again) && again.hears(alice)).toBe(true);
  }
});

test("nobody who was killed comes to the SFU before the leaves of their last run are called off, or have fired", async () => {
  const world = new World();
  const bob = world.person(BOB, "B");
  await bob.joined();
  const granted = (phone: Phone) => {
    const asked = { granted: false };
    const grant = async () => {
      const transport = await phone.rtc.ownTransport(ROOM);
      await phone.rtc.grant({ room: ROOM, transport });
      asked.granted = true;
    };
    void grant();
    return asked;
  };
  // In the lobby of the call that they were killed in.
  const old = [...world.server.delayed.keys()];
  expect(old).not.toEqual([]);
  let again = bob.restarted();
  let asked = granted(again);
  await world.clock.advance(5_000);
  expect(asked.granted).toBe(false);
  again.join();
  await world.clock.until("granted", () => asked.granted, 1_000);
  expect(old.filter((id) => world.server.delayed.has(id))).toEqual([]);
  expect(world.server.standing(ROOM, BOB)).not.toEqual([]);

  again = again.restarted();
  asked = granted(again);
  await world.clock.until("granted", () => asked.granted, 25_000);
  expect(world.server.standing(ROOM, BOB)).toEqual([]);
  // Whoever left in order has nothing to wait for.
  await again.joined();
  await again.left();
  again = again.restarted();
  asked = granted(again);
  await world.clock.until("granted", () => asked.granted, 100);
});

test("a ghost of an earlier run is not shown as somebody in the call", async () => {
  const world = new World();
  const bob = world.person(BOB, "B");
  await bob.joined();
  const again = bob.restarted();
  expect(again.people).toEqual([]);
});

test("two minutes without network: it says so, is removed, and rejoins with all keys when it is back", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  const call = await bob.joined();
  await world.clock.advance(30_000);
  bob.matrix.network = "refused";
  await world.clock.advance(25_000);
  expect(call.status).toMatchObject({ phase: "unsure", error: "offline" });
  await world.clock.advance(95_000);
  expect(alice.people).toEqual([ALICE]);
  bob.matrix.reconnect();
  const took = await world.clock.until("both hear", () => alice.hears(bob) && bob.hears(alice));
  expect(took).toBeLessThan(7_000);
  await world.clock.until("live", () => call.status.phase === "live");
  expect(call.status.error).toBeNull();
  expect(alice.people).toEqual([ALICE, BOB]);
});

test("a wake tries at once what waits for its turn", async () => {
  const world = new World();
  const bob = world.person(BOB, "B");
  const call = await bob.joined();
  bob.matrix.network = "refused";
  await world.clock.advance(60_000);
  bob.matrix.reconnect();
  bob.rtc.wake();
  const took = await world.clock.until("live", () => call.status.phase === "live", 5_000);
  expect(took).toBeLessThan(1_000);
});

test.each(["stalled", "refused"] as const)("15 s of a %s network change nothing", async (network) => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  const writes = world.server.writes.length;
  bob.matrix.network = network;
  await world.clock.advance(15_000);
  bob.matrix.reconnect();
  await world.clock.advance(60_000);
  expect(world.server.writes.length).toBe(writes);
  expect(bob.call?.status.phase).toBe("live");
});

test("where every answer is lost for a while, nobody is left behind and the call goes on", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  bob.matrix.network = "deaf";
  await alice.joined();
  const call = bob.join();
  await world.clock.advance(40_000);
  bob.matrix.reconnect();
  await world.clock.until("live", () => call.status.phase === "live");
  // The delayed leaves whose ids were lost fire, and are answered by joining again.
  await world.clock.advance(60_000);
  expect(call.status.phase).toBe("live");
  await world.clock.until("both hear", () => alice.hears(bob) && bob.hears(alice));
});

test("a device that signed in later gets the keys", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.advance(20_000);
  const second = world.person(BOB, "B2");
  second.join();
  const took = await world.clock.until(
    "all hear it",
    () => second.hears(alice) && second.hears(bob) && alice.hears(second) && bob.hears(second),
  );
  expect(took).toBeLessThan(1_000);
});

test("a device that was unknown when keys went out gets them as soon as it is known", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  alice.matrix.knowsAll = false;
  await alice.joined();
  const bob = world.person(BOB, "B");
  await world.clock.advance(1_000);
  bob.join();
  const took = await world.clock.until("Bob hears Alice", () => bob.hears(alice));
  expect(alice.matrix.loaded).toContain(BOB);
  expect(took).toBeLessThan(1_000);
});

test("devices of people in the call are loaded while the lobby is open", async () => {
  const world = new World();
  const bob = world.person(BOB, "B");
  const alice = world.person(ALICE, "A");
  await bob.joined();
  alice.rtc.prepare(ROOM);
  await world.clock.advance(1_000);
  expect(alice.matrix.loaded).toEqual([BOB]);
  await world.person(CAROL, "C").joined();
  await world.clock.advance(1_000);
  expect(alice.matrix.loaded).toEqual([BOB, CAROL]);
});

test("another application in the room mixes neither members nor keys", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  const board = {
    application: "org.board",
    call_id: "",
    device_id: "B",
    focus_active: { type: "livekit" },
    foci_preferred: [{ type: "carrier-pigeon" }],
  };
  world.server.write(ROOM, BOB, MEMBER, `_${BOB}_B_org.board`, board);
  world.server.write(ROOM, CAROL, MEMBER, `_${CAROL}_C_org.board`, { ...board, device_id: "C" });
  await world.clock.until("seen", () => alice.rtc.sessions(ROOM)[1]?.members.length === 2);
  expect(alice.people).toEqual([ALICE, BOB]);
  const other = alice.rtc.sessions(ROOM).find(({ application }) => application === "org.board");
  expect(other?.members.map(({ user, known, transport }) => ({ user, known, transport }))).toEqual([
    { user: BOB, known: false, transport: { type: "carrier-pigeon", serviceUrl: null } },
    { user: CAROL, known: false, transport: { type: "carrier-pigeon", serviceUrl: null } },
  ]);

  const held = alice.held(bob);
  alice.matrix.deliver(ALICE, "A", {
    type: KEYS,
    sender: BOB,
    from: { user: BOB, device: "B" },
    content: keyMessage({ session: { application: "org.board", call_id: "", scope: "m.room" } }),
  });
  await world.clock.advance(1_000);
  expect(alice.held(bob)).toEqual(held);
  // Nobody of the board alone was sent a key of the call.
  expect(alice.matrix.sent.flatMap(({ to }) => to).map(({ user }) => user)).not.toContain(CAROL);
});

const keyMessage = (changes: object = {}) => ({
  keys: { index: 9, key: "AAAAAAAAAAAAAAAAAAAAAA==" },
  room_id: ROOM,
  member: { id: `${BOB}:B`, claimed_device_id: "B" },
  session: { application: "m.call", call_id: "", scope: "m.room" },
  sent_ts: 2_000_000_000_000,
  ...changes,
});

test.each([
  ["in clear", null, {}, BOB],
  ["from another device of the member", { user: BOB, device: "B2" }, {}, BOB],
  ["from another device that claims the member's", { user: BOB, device: "B2" }, { claimed: "B" }, BOB],
  ["from somebody else", { user: CAROL, device: "C" }, {}, CAROL],
  ["from somebody else's device of the same name", { user: CAROL, device: "B" }, {}, CAROL],
  ["whose sender is not the one that Olm proves", { user: BOB, device: "B" }, {}, CAROL],
  ["for another room", { user: BOB, device: "B" }, { room_id: "!other:hs" }, BOB],
  ["for another member id", { user: BOB, device: "B" }, { member: { id: "x", claimed_device_id: "B" } }, BOB],
  [
    "with an index beyond 255",
    { user: BOB, device: "B" },
    { keys: { index: 256, key: "A".repeat(22) } },
    BOB,
  ],
  ["too short", { user: BOB, device: "B" }, { keys: { index: 9, key: "AAAA" } }, BOB],
])("a key %s is refused", async (_, from, changes, sender) => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.until("Alice hears Bob", () => alice.hears(bob));
  const before = alice.call?.keys();
  alice.matrix.deliver(ALICE, "A", { type: KEYS, sender, from, content: keyMessage(changes) });
  await world.clock.advance(1_000);
  expect(alice.call?.keys()).toEqual(before);

  alice.matrix.deliver(ALICE, "A", {
    type: KEYS,
    sender: BOB,
    from: { user: BOB, device: "B" },
    content: keyMessage(),
  });
  await world.clock.until("the right one is taken", () => alice.held(bob).some(({ index }) => index === 9));
});

test("the newest key for an index counts, whatever order they come in", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.until("Alice hears Bob", () => alice.hears(bob));
  for (const [key, sent_ts] of [
    ["A", 3_000_000_000_000],
    ["B", 2_000_000_000_000],
  ] as const) {
    const content = keyMessage({ keys: { index: 7, key: key.repeat(22) }, sent_ts });
    alice.matrix.deliver(ALICE, "A", { type: KEYS, sender: BOB, from: { user: BOB, device: "B" }, content });
  }
  await world.clock.advance(1_000);
  const [seven] = alice.held(bob).filter(({ index }) => index === 7);
  expect(seven?.key.every((byte) => byte === 0)).toBe(true);
});

test("our own current key is the last of all keys", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.until("Alice hears Bob", () => alice.hears(bob));
  const keys = alice.call?.keys() ?? [];
  expect(keys.map(({ own }) => own)).toEqual([...keys.slice(1).map(() => false), true]);
  expect(keys.at(-1)).toMatchObject({ identity: `${ALICE}:A`, own: true });
});

test("a room that is not encrypted needs no keys and sends none", async () => {
  const world = new World({ encrypted: false });
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  const call = await bob.joined();
  await world.clock.advance(2_000);
  expect(call.keyState(`${ALICE}|A|${ALICE}:A`)).toBe("unneeded");
  expect([...alice.matrix.sent, ...bob.matrix.sent]).toEqual([]);
});

test("it is told whether a member's key is there, and when that changes", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const call = await alice.joined();
  const states: string[] = [];
  const id = `${BOB}|B|${BOB}:B`;
  alice.rtc.onChange(() => states.push(call.keyState(id)));
  const bob = world.person(BOB, "B");
  bob.matrix.knowsAll = false;
  await bob.joined();
  await world.clock.until("key", () => call.keyState(id) === "have");
  expect(states.at(-1)).toBe("have");
  expect(call.keyState(`${ALICE}|A|${ALICE}:A`)).toBe("have");
});

test("where memberships are not allowed, the join ends by saying so", async () => {
  const world = new World();
  world.server.get(ROOM).barred.add(ALICE);
  const alice = world.person(ALICE, "A");
  const call = alice.join();
  await world.clock.until("ended", () => call.status.phase === "left");
  expect(call.status.error).toBe("call-forbidden");
  await world.clock.advance(60_000);
  expect([...world.server.delayed]).toEqual([]);
});

test("without any transport the join ends by saying so", async () => {
  const world = new World();
  world.server.transports = [];
  const call = world.person(ALICE, "A").join();
  await world.clock.until("ended", () => call.status.phase === "left");
  expect(call.status.error).toBe("no-transport");
});

test("joined without network, it says so and joins when the network comes", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  alice.matrix.network = "refused";
  const call = alice.join();
  await world.clock.advance(30_000);
  expect(call.status).toMatchObject({ phase: "joining", error: "offline" });
  alice.matrix.reconnect();
  await world.clock.until("live", () => call.status.phase === "live", 10_000);
});

test("a wake tries at once to find where we publish, and tries no oftener after", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  alice.matrix.network = "refused";
  let asked = 0;
  alice.matrix.transports = () => {
    asked++;
    return Promise.reject(new RtcRequestError("offline", "refused"));
  };
  const call = alice.join();
  await world.clock.until("it says so", () => call.status.error === "offline");
  asked = 0;
  for (let times = 0; times < 5; times++) {
    alice.rtc.wake();
    await world.clock.advance(100);
  }
  expect(asked).toBe(5);
  asked = 0;
  await world.clock.advance(20_000);
  expect(asked).toBe(10);
});

test("a server without delayed events is joined without", async () => {
  const world = new World();
  world.server.maxDelayMs = null;
  const alice = world.person(ALICE, "A");
  const call = await alice.joined();
  await world.clock.advance(120_000);
  expect(call.status.phase).toBe("live");
  await alice.left();
  expect(world.server.standing(ROOM, ALICE)).toEqual([]);
});

test("a server that takes shorter delays only is given one", async () => {
  const world = new World();
  world.server.maxDelayMs = 10_000;
  const alice = world.person(ALICE, "A");
  const call = await alice.joined();
  expect([...world.server.delayed.values()].map(({ delayMs }) => delayMs)).toEqual([6_000]);
  await world.clock.advance(60_000);
  expect(call.status.phase).toBe("live");
  expect(world.server.writes).toHaveLength(1);
});

test("a rate limit is waited out as the server says", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const call = alice.join();
  alice.matrix.refusals.push(
    ...Array.from({ length: 4 }, () => new RtcRequestError("rate-limited", "429", { retryAfterMs: 3_000 })),
  );
  await world.clock.until("live", () => call.status.phase === "live");
  expect(call.status.error).toBeNull();
});

test("a membership that a stranger overwrites comes back, with a delayed leave of its own", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  await world.clock.advance(10_000);
  world.server.write(ROOM, CAROL, MEMBER, `_${ALICE}_A_m.call`, {});
  await world.clock.until("gone", () => !bob.people.includes(ALICE));
  await world.clock.until("back", () => bob.people.includes(ALICE), 5_000);
  await world.clock.until("heard", () => bob.hears(alice) && alice.hears(bob), 5_000);
  await world.clock.advance(60_000);
  expect(bob.people).toEqual([BOB, ALICE]);
  expect([...world.server.delayed.values()].map(({ sender }) => sender).toSorted()).toEqual([ALICE, BOB]);
});

test("a call outlives the expiry of its membership, in one stay", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  const since = bob.session?.members.find(({ user }) => user === ALICE)?.joinedAt;
  const writes = world.server.writes.length;
  await world.clock.advance(10 * 3_600_000);
  expect(bob.people).toEqual([ALICE, BOB]);
  expect(bob.session?.members.find(({ user }) => user === ALICE)?.joinedAt).toBe(since);
  // Two renewals each: expiry after 4 and after 8 hours.
  expect(world.server.writes.length - writes).toBe(4);
});

test("a change of intent is told to the others and is no new stay", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  const call = await alice.joined();
  await bob.joined();
  await world.clock.advance(20_000);
  const index = bob.own?.index;
  call.setIntent("audio");
  await world.clock.until("seen", () => bob.session?.members[0]?.intent === "audio");
  await world.clock.advance(5_000);
  expect(bob.own?.index).toBe(index);
  expect(bob.people).toEqual([ALICE, BOB]);
});

test("a leave without network keeps nobody waiting, and the server does it", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  const call = await bob.joined();
  bob.matrix.network = "stalled";
  let left = false;
  const before = world.clock.now();
  void call.leave().finally(() => {
    left = true;
  });
  await world.clock.until("resolved", () => left);
  expect(world.clock.now() - before).toBeLessThanOrEqual(3_000);
  expect(bob.people).toEqual([ALICE]);
  await world.clock.until("gone", () => alice.people.length === 1);
});

test("left in bad network and joined again at once, it stays in", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  const call = await bob.joined();
  bob.matrix.network = "refused";
  void call.leave();
  await world.clock.advance(3_500);
  const second = bob.join();
  bob.matrix.reconnect();
  await world.clock.until("live", () => second.status.phase === "live");
  await world.clock.advance(60_000);
  expect(alice.people).toEqual([ALICE, BOB]);
  expect(alice.hears(bob) && bob.hears(alice)).toBe(true);
});

test("joined again while a delayed leave of the stay before is still asked for, that one never fires", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const call = await alice.joined();
  await world.clock.advance(1_000);
  const { matrix } = alice;
  const quick = matrix.sendDelayedState.bind(matrix);
  matrix.sendDelayedState = async (...args) => {
    const id = await quick(...args);
    await new Promise<void>((resolve) => world.clock.after(5_000, resolve));
    return id;
  };
  call.setConnected(true);
  await world.clock.advance(100);
  expect([...world.server.delayed.values()].map(({ delayMs }) => delayMs)).toContain(3_600_000);
  await alice.left();
  matrix.sendDelayedState = quick;
  await alice.joined();
  await world.clock.advance(10_000);
  expect([...world.server.delayed.values()].map(({ delayMs }) => delayMs)).toEqual([24_000]);
});

test("left while still joining, nothing of it stays", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const call = alice.join();
  await world.clock.advance(60);
  await Promise.all([call.leave(), world.clock.advance(1_000)]);
  expect(call.status.phase).toBe("left");
  await world.clock.advance(60_000);
  expect(world.server.standing(ROOM, ALICE)).toEqual([]);
  expect([...world.server.delayed]).toEqual([]);
});

test("a call that is joined is not joined twice", async () => {
  const alice = new World().person(ALICE, "A");
  alice.join();
  expect(() => alice.join()).toThrow("joined already");
});

test("room versions with owned state get the key that they protect", async () => {
  const world = new World({ version: "org.matrix.msc3757.11" });
  await world.person(ALICE, "A").joined();
  expect(world.server.writes[0]?.stateKey).toBe(`${ALICE}_A_m.call`);
});

test("whoever leaves the room leaves its call", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  world.server.leaveRoom(ROOM, BOB);
  await world.clock.until("gone", () => alice.people.length === 1, 1_000);
});

test("stopping leaves every call", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  await alice.joined();
  await Promise.all([alice.rtc.stop(), world.clock.advance(3_000)]);
  expect(world.server.standing(ROOM, ALICE)).toEqual([]);
});

test("nothing secret reaches the log", async () => {
  const world = new World();
  const alice = world.person(ALICE, "A");
  const bob = world.person(BOB, "B");
  await alice.joined();
  await bob.joined();
  bob.answer = () => new Response("no", { status: 500 });
  const refused = expect(
    bob.rtc.grant({ room: ROOM, transport: "https://sfu.hs", fresh: true }),
  ).rejects.toMatchObject({ code: "grant-unreachable" });
  await world.clock.advance(1_000);
  await refused;
  bob.matrix.network = "refused";
  await world.clock.advance(60_000);
  bob.matrix.reconnect();
  await world.clock.advance(20_000);
  await bob.left();
  const text = world.logged.join("\n");
  expect(text).toContain("membership request failed");
  expect(text).not.toMatch(/syd_|openid-secret|jwt-secret/);
  for (const { key } of [...alice.keys, ...bob.keys]) {
    expect(text).not.toContain(Buffer.from(key).toString("base64"));
    expect(text).not.toContain(Buffer.from(key).toString("hex"));
  }
});
