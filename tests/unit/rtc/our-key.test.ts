import { expect, test } from "vitest";

import { MediaKeys } from "../../../electron/rtc/media-keys.ts";
import { RtcRequestError } from "../../../electron/rtc/ports.ts";
import { ROTATION_MS } from "../../../shared/rtc/key-schedule.ts";
import { LEGACY_MEMBER, type Membership } from "../../../shared/rtc/member-event.ts";
import { ALICE, BOB, CAROL, ROOM, World, type Phone } from "./call-world.ts";

const idOf = ({ matrix: { user, device } }: Phone) => `${user}|${device}|${user}:${device}`;
const ourKey = (of: Phone, to: Phone) => of.call?.ourKeyState(idOf(to));
/** To which devices something was sent. */
const sentTo = ({ matrix }: Phone) =>
  new Set(matrix.sent.flatMap(({ to }) => to.map(({ user, device }) => `${user} ${device}`)));

async function three() {
  const world = new World();
  const [alice, bob, carol] = [
    world.person(ALICE, "A"),
    world.person(BOB, "B"),
    world.person(CAROL, "C"),
  ] as const;
  return { world, alice, bob, carol };
}

test("a device that our key is withheld from is sent none, and says so; once it may have it, it hears us", async () => {
  const { world, alice, bob, carol } = await three();
  alice.policy.say(bob, false);
  await Promise.all([alice.joined(), bob.joined(), carol.joined()]);
  await world.clock.until("Carol hears Alice", () => carol.hears(alice));
  await world.clock.advance(20_000);
  expect([bob.hears(alice), alice.hears(bob)]).toEqual([false, true]);
  expect([ourKey(alice, bob), ourKey(alice, carol)]).toEqual(["withheld", "sent"]);
  expect(sentTo(alice)).toEqual(new Set([`${CAROL} C`]));

  alice.policy.say(bob, true);
  expect(await world.clock.until("Bob hears Alice", () => bob.hears(alice))).toBeLessThan(ROTATION_MS + 200);
  expect(ourKey(alice, bob)).toBe("sent");
});

test("who loses it in the middle of a call hears nothing a second later, and the others miss nothing", async () => {
  const { world, alice, bob, carol } = await three();
  await Promise.all([alice.joined(), bob.joined(), carol.joined()]);
  await world.clock.until("all hear Alice", () => bob.hears(alice) && carol.hears(alice));
  await world.clock.advance(60_000);
  alice.policy.say(bob, false);
  expect(ourKey(alice, bob)).toBe("withheld");
  await world.clock.advance(ROTATION_MS);
  expect([bob.hears(alice), carol.hears(alice)]).toEqual([false, true]);
  // A membership that is sent again changes nothing about that.
  bob.call?.setIntent("audio");
  await world.clock.advance(20_000);
  expect([bob.hears(alice), ourKey(alice, bob)]).toEqual([false, "withheld"]);
});

test("a device of which nothing is known yet waits", async () => {
  const { world, alice, bob } = await three();
  alice.policy.say(bob, null);
  await Promise.all([alice.joined(), bob.joined()]);
  await world.clock.advance(5_000);
  expect([ourKey(alice, bob), bob.hears(alice)]).toEqual(["waiting", false]);
  alice.policy.say(bob, true);
  await world.clock.until("Bob hears Alice", () => bob.hears(alice));
});

test("a device that cannot be reached is told, tried again less and less often, and reached when it can be", async () => {
  const { world, alice, bob } = await three();
  alice.matrix.knowsAll = false;
  // Nobody's device is found, however often the server is asked.
  const { loadDevices } = alice.matrix;
  alice.matrix.loadDevices = () => Promise.reject(new RtcRequestError("offline", "refused"));
  await Promise.all([alice.joined(), bob.joined()]);
  const told: (string | undefined)[] = [];
  alice.rtc.onChange(() => told.push(ourKey(alice, bob)));
  await world.clock.until("told", () => ourKey(alice, bob) === "undeliverable");
  const tries = alice.matrix.sent.length;
  await world.clock.advance(120_000);
  expect(told.slice(told.indexOf("undeliverable")).every((state) => state === "undeliverable")).toBe(true);
  expect(alice.matrix.sent.length - tries).toBeGreaterThan(2);
  expect(alice.matrix.sent.length - tries).toBeLessThan(15);

  alice.matrix.loadDevices = loadDevices.bind(alice.matrix);
  await world.clock.until("Bob hears Alice", () => bob.hears(alice));
  await world.clock.until("it is told", () => told.at(-1) === "sent");
});

test("sends that fail are told from the second on, and go on until one succeeds", async () => {
  const { world, alice, bob } = await three();
  await bob.joined();
  await alice.joined();
  await world.clock.until("Bob hears Alice", () => bob.hears(alice));
  const carol = world.person(CAROL, "C");
  await world.clock.advance(20_000);
  alice.matrix.refusals.push(...Array.from({ length: 4 }, () => new RtcRequestError("refused", "no")));
  carol.join();
  await world.clock.until("told", () => ourKey(alice, carol) === "undeliverable");
  await world.clock.until("Carol hears Alice", () => carol.hears(alice));
  await world.clock.until("told", () => ourKey(alice, carol) === "sent");
});

test("whoever had to come anew while off the SFU sends no key before they are back: the other on it may be their copy", async () => {
  const { world, alice, bob } = await three();
  await Promise.all([alice.joined(), bob.joined()]);
  bob.call?.setConnected(true);
  await world.clock.until("Alice hears Bob", () => alice.hears(bob));
  await world.clock.advance(20_000);
  const sent = bob.matrix.sent.length;
  bob.call?.setConnected(false);
  const key = `_${BOB}_B_m.call`;
  world.server.write(ROOM, BOB, LEGACY_MEMBER, key, {});
  await world.clock.until("Bob is gone", () => !alice.people.includes(BOB));
  await world.clock.until("Bob came anew", () => alice.people.includes(BOB));
  await world.clock.advance(5_000);
  expect(bob.matrix.sent.length).toBe(sent);
  bob.call?.setConnected(true);
  await world.clock.until("his key", () => bob.matrix.sent.length > sent);
  expect(alice.hears(bob)).toBe(true);
});

test("whoever is removed while they are on the SFU sends their key again once they are seen to be back, not before", async () => {
  const { world, alice, bob } = await three();
  await Promise.all([alice.joined(), bob.joined()]);
  bob.call?.setConnected(true);
  await world.clock.until("Alice hears Bob", () => alice.hears(bob));
  await world.clock.advance(20_000);
  const sent = bob.matrix.sent.length;
  world.server.write(ROOM, BOB, LEGACY_MEMBER, `_${BOB}_B_m.call`, {});
  await world.clock.until("Bob is gone", () => !alice.people.includes(BOB));
  expect(bob.matrix.sent.length).toBe(sent);
  await world.clock.until("Bob came anew", () => alice.people.includes(BOB));
  // The key that she had is good until his comes again.
  expect(alice.hears(bob)).toBe(true);
  await world.clock.until("his key", () => bob.matrix.sent.length > sent);
  await world.clock.advance(20_000);
  expect(alice.hears(bob)).toBe(true);
});

test("our key goes to the devices that are in the call and to none besides", async () => {
  const { world, alice, bob } = await three();
  world.person(BOB, "B2");
  world.person(CAROL, "C2");
  await Promise.all([alice.joined(), bob.joined()]);
  await world.clock.until("Bob hears Alice", () => bob.hears(alice));
  await bob.left();
  await world.clock.advance(60_000);
  expect(sentTo(alice)).toEqual(new Set([`${BOB} B`]));
});

test("a member that does not tell its device is sent nothing, which is told", async () => {
  const { world, alice } = await three();
  const keys = new MediaKeys({
    matrix: alice.matrix,
    clock: world.clock,
    log: world.log,
    room: ROOM,
    self: { form: "legacy", memberId: `${ALICE}:A`, identity: `${ALICE}:A` },
    policy: alice.policy,
    identityOf: () => "identity",
    onDelivery: () => {},
  });
  const member: Membership = {
    id: `${BOB}||m`,
    form: "sticky",
    user: BOB,
    device: "",
    memberId: "m",
    eventId: "$m",
    sentAt: 0,
    slot: "m.call#ROOM",
    application: "m.call",
    intent: null,
    joinedAt: 0,
    cameAt: null,
    stay: "m",
    nonce: null,
    expiresAt: Infinity,
    transport: null,
    followsOldest: false,
    identity: [BOB, "m"],
  };
  keys.setMembers([member]);
  await world.clock.advance(60_000);
  expect([keys.ourKeyState(member.id), alice.matrix.sent]).toEqual(["undeliverable", []]);
  keys.stop();
});

test("a member's flood of keys reaches the window slowly, and nobody else's waits for it", async () => {
  const { world, alice, bob, carol } = await three();
  await Promise.all([alice.joined(), bob.joined()]);
  await world.clock.until("Alice hears Bob", () => alice.hears(bob));
  const before = alice.keys.length;
  for (let at = 0; at < 5_000; at++) {
    const key = Buffer.alloc(16, at % 251).toString("base64");
    alice.matrix.deliver(ALICE, "A", {
      type: "io.element.call.encryption_keys",
      sender: BOB,
      from: { user: BOB, device: "B" },
      content: {
        keys: { index: at % 256, key },
        room_id: ROOM,
        member: { id: `${BOB}:B`, claimed_device_id: "B" },
        session: { application: "m.call", call_id: "", scope: "m.room" },
        sent_ts: 2_000_000_000_000 + at,
      },
    });
  }
  await carol.joined();
  await world.clock.until("Alice hears Carol", () => alice.hears(carol));
  expect(alice.keys.length - before).toBeLessThan(50);
});
