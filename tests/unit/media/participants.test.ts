import { expect, test } from "vitest";

import { Participants } from "../../../renderer/media/participants.svelte.ts";
import type { DialStatus } from "../../../renderer/media/reason.ts";
import type { Participant } from "../../../shared/state/app-state.ts";
import { FakeLink, remote } from "./fake-link.ts";

const SFU = "https://sfu.example";

const person = (name: string, rest: Partial<Participant> = {}): Participant => ({
  id: `${name}|D`,
  user: `@${name}:hs`,
  device: "D",
  name,
  avatar: null,
  identity: `@${name}:hs:D`,
  transport: SFU,
  foreign: null,
  ourKey: "sent",
  trust: "signed",
  handAt: null,
  reaction: null,
  local: false,
  joinedAt: 0,
  key: "have",
  ...rest,
});

function see(participants: readonly Participant[], ...remotes: readonly ReturnType<typeof remote>[]) {
  const link = new FakeLink({ encrypted: true, changed: () => {} });
  for (const each of remotes) link.remotes.set(each.identity, each);
  return new Participants({ now: () => 0, again: () => {} }).tiles({
    encrypted: true,
    participants,
    dial: (transport) => (transport === SFU ? { status: "connected", link } : undefined),
  });
}

test("who is on the SFU without being a member has no tile", () => {
  expect(
    see([person("bob")], remote("@bob:hs:D"), remote("@mallory:hs:D", { camera: {} })).map(
      ({ name }) => name,
    ),
  ).toEqual(["bob"]);
});

test("an identity that is a member on another SFU is nobody on this one", () => {
  const [bob] = see(
    [person("bob", { transport: "https://elsewhere.example" })],
    remote("@bob:hs:D", { camera: {} }),
  );
  expect([bob?.attach, bob?.reason]).toEqual([null, "connecting"]);
});

test("tiles keep the order of the members, a shared screen beside who shares it", () => {
  const tiles = see(
    [person("bob"), person("me", { local: true }), person("carol")],
    remote("@carol:hs:D", { camera: {} }),
    remote("@bob:hs:D", { camera: {}, screen: {} }),
  );
  expect(tiles.map(({ id, kind }) => [id, kind])).toEqual([
    ["bob|D", "camera"],
    ["bob|D|screen", "screen"],
    ["carol|D", "camera"],
  ]);
});

test("a video is not attached before its key is there, so that it starts with a key frame", () => {
  const bob = remote("@bob:hs:D", { camera: {} });
  expect(see([person("bob", { key: "waiting" })], bob)[0]?.attach).toBeNull();
  expect(see([person("bob")], bob)[0]?.attach).toBe(bob.tracks.get("camera")?.attach);
});

test("a camera that is off shows nothing, and nothing is wrong", () => {
  const [bob] = see([person("bob")], remote("@bob:hs:D", { camera: { muted: true }, microphone: {} }));
  expect([bob?.attach, bob?.reason, bob?.microphone]).toEqual([null, null, "on"]);
});

test("one unencrypted track is enough to say so", () => {
  const [bob] = see(
    [person("bob")],
    remote("@bob:hs:D", { camera: {}, microphone: { encrypted: false, attach: null } }),
  );
  expect(bob?.reason).toBe("not-encrypted");
});

test.each([
  ["missing", "key-missing"],
  ["wrong", "key-wrong"],
  ["fine", null],
] as const)("frames whose key is %s give the reason %s", (key, reason) => {
  expect(see([person("bob")], remote("@bob:hs:D", { camera: {} }, { key }))[0]?.reason).toBe(reason);
});

/** Bob in a call on a clock that the test turns: what his tile says after so many further ms. */
function over(participant: Participant, ...remotes: readonly ReturnType<typeof remote>[]) {
  const clock = { now: 100, again: [] as number[] };
  const participants = new Participants({ now: () => clock.now, again: (ms) => clock.again.push(ms) });
  const link = new FakeLink({ encrypted: true, changed: () => {} });
  for (const each of remotes) link.remotes.set(each.identity, each);
  const sight = {
    encrypted: true,
    participants: [participant],
    dial: () => ({ status: "connected" as DialStatus, link }),
  };
  const reason = (afterMs = 0) => {
    clock.now += afterMs;
    participants.attend(sight);
    return participants.tiles(sight)[0]?.reason;
  };
  return { clock, link, sight, reason };
}

test("a newcomer's key is not missed until it had time to come", () => {
  const bob = person("bob", { key: "waiting" });
  const { clock, reason } = over(bob, remote(bob.identity));
  expect([reason(), clock.again]).toEqual(["connecting", [3000]]);
  expect([reason(2999), reason(1)]).toEqual(["connecting", "key-missing"]);
});

test.each(["missing", "wrong"] as const)(
  "frames whose key is %s are not told of while a key may be changing, each time anew",
  (key) => {
    const bob = person("bob");
    const fine = remote(bob.identity, { camera: {} });
    const { link, reason } = over(bob, fine);
    expect([reason(), reason(5000)]).toEqual([null, null]);
    const failing = remote(bob.identity, { camera: {} }, { key });
    link.remotes.set(bob.identity, failing);
    expect([reason(), reason(1999)]).toEqual([null, null]);
    link.remotes.set(bob.identity, fine);
    expect(reason()).toBeNull();
    link.remotes.set(bob.identity, failing);
    expect([reason(), reason(1999), reason(1)]).toEqual([null, null, `key-${key}`]);
  },
);

test("a member whom the SFU does not know is absent after 20 s on which we stand there, and back when they come", () => {
  const bob = person("bob");
  const { clock, link, sight, reason } = over(bob);
  expect(reason()).toBe("connecting");
  expect(clock.again).toContain(20_000);
  expect([reason(19_999), reason(1)]).toEqual(["connecting", "absent"]);
  // Who we are not connected with either may be there.
  sight.dial = () => ({ status: "reconnecting", link });
  expect(reason(5000)).toBe("connecting");
  sight.dial = () => ({ status: "connected", link });
  expect([reason(), reason(20_000)]).toEqual(["connecting", "absent"]);
  link.remotes.set(bob.identity, remote(bob.identity));
  expect(reason()).toBeNull();
});

test("whose media stopped is lost, also once the SFU has given them up, and absent in the end", () => {
  const bob = person("bob");
  const { link, reason } = over(bob, remote(bob.identity, { camera: {} }, { speaking: true }));
  expect(reason()).toBeNull();
  link.lost.add(bob.identity);
  expect(reason(2000)).toBe("lost");
  link.remotes.delete(bob.identity);
  expect([reason(), reason(19_999), reason(1)]).toEqual(["lost", "lost", "absent"]);
});

test("whoever is lost does not speak", () => {
  const bob = person("bob");
  const link = new FakeLink({ encrypted: true, changed: () => {} });
  link.remotes.set(bob.identity, remote(bob.identity, {}, { speaking: true }));
  const speaking = () =>
    new Participants({ now: () => 0, again: () => {} }).tiles({
      encrypted: true,
      participants: [bob],
      dial: () => ({ status: "connected", link }),
    })[0]?.speaking;
  expect(speaking()).toBe(true);
  link.lost.add(bob.identity);
  expect(speaking()).toBe(false);
});

test("hands are numbered in the order in which they were raised", () => {
  const tiles = see([
    person("bob", { handAt: 20 }),
    person("carol"),
    person("me", { local: true, handAt: 10 }),
  ]);
  expect(tiles.map(({ marks }) => marks?.hand)).toEqual([2, null]);
});
