import { expect, test } from "vitest";

import { Participants } from "../../../renderer/media/participants.svelte.ts";
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

test("a newcomer's key is not missed until it had time to come", () => {
  const clock = { now: 100, again: 0 };
  const participants = new Participants({ now: () => clock.now, again: (ms) => (clock.again = ms) });
  const bob = person("bob", { key: "waiting" });
  const link = new FakeLink({ encrypted: true, changed: () => {} });
  link.remotes.set(bob.identity, remote(bob.identity));
  const reason = () =>
    participants.tiles({
      encrypted: true,
      participants: [bob],
      dial: () => ({ status: "connected", link }),
    })[0]?.reason;
  participants.attend([bob]);
  expect(reason()).toBe("connecting");
  clock.now += clock.again;
  expect(reason()).toBe("key-missing");
});
