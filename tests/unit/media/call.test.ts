// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";

import { CallMedia } from "../../../renderer/call/call.svelte.ts";
import { Mirror } from "../../../renderer/common/mirror.svelte.ts";
import type { Link } from "../../../renderer/media/backend.ts";
import type { Envelope } from "../../../shared/ipc/bridge.ts";
import { createClient } from "../../../shared/ipc/client.ts";
import type { MediaKey } from "../../../shared/ipc/contract.ts";
import type { CallState, Participant } from "../../../shared/state/app-state.ts";
import { defaultSettings, type Settings } from "../../../shared/state/settings.ts";
import type { View } from "../../../shared/state/views.ts";
import { FakeLink, remote } from "./fake-link.ts";
import { FakeMedia } from "./fake-media.ts";

const lobby: CallState = {
  room: "!room:hs",
  name: "Room",
  avatar: null,
  direct: null,
  encrypted: true,
  intent: "video",
  phase: "lobby",
  outgoing: null,
  held: null,
  joinedAt: null,
  membership: "none",
  error: null,
  safetyCode: null,
  transport: "https://sfu.example",
  participants: [],
};
const session = {
  phase: "signed-in",
  user: "@alice:hs",
  device: "D",
  name: "Alice",
  avatar: null,
  homeserver: "https://hs",
  sync: "live",
} as const;

const bob: Participant = {
  id: "bob",
  user: "@bob:hs",
  device: "B",
  name: "Bob",
  avatar: null,
  identity: "bob",
  transport: "https://sfu.example",
  foreign: null,
  ourKey: "sent",
  trust: "signed",
  handAt: null,
  reaction: null,
  local: false,
  joinedAt: 0,
  key: "have",
};

const open: CallMedia[] = [];
beforeEach(() => sessionStorage.clear());
afterEach(() => open.splice(0).forEach((call) => call.close()));

/** The call window's media with the test as main, a connection that stands at once and two devices. */
function setUp(settings: Partial<Settings> = {}) {
  let hear: ((topic: string, payload: unknown) => void)[] = [];
  const asked: string[] = [];
  const answers: Record<string, () => Promise<Envelope>> = {};
  const client = createClient({
    invoke: async (command, args) => {
      asked.push(`${command} ${JSON.stringify(args)}`);
      const value = command === "call.keys" ? [] : { url: "ws://sfu", token: "t" };
      return (await answers[command]?.()) ?? { ok: true, value };
    },
    listen: (listener) => {
      hear.push(listener);
      return () => (hear = hear.filter((each) => each !== listener));
    },
  });
  const links: FakeLink[] = [];
  const media = new FakeMedia("a", "b");
  const tone = { sounding: false, starts: 0 };
  const call = new CallMedia({
    client,
    mirror: new Mirror<"call">(client),
    backend: {
      open: (options): Link => {
        const link = new FakeLink(options);
        links.push(link);
        return link;
      },
    },
    media: media.asMediaDevices,
    ringback: () => {
      tone.sounding = true;
      tone.starts += 1;
      return () => (tone.sounding = false);
    },
  });
  open.push(call);
  const tellKey = (key: MediaKey): void => hear.forEach((each) => each("keys", key));
  const push = (view: Partial<View<"call">>): void => {
    for (const each of hear) each("state", view);
    flushSync();
  };
  const tell = (state: CallState | null): void =>
    push({ session, call: state, settings: { ...defaultSettings, ...settings } });
  const standing = async (): Promise<FakeLink> => {
    await expect.poll(() => links.at(-1)?.grant).toBeTruthy();
    await expect.poll(() => media.opened.length).toBe(2);
    const link = links.at(-1);
    if (!link) throw new Error("nothing was dialled");
    link.stand();
    return link;
  };
  return { call, push, tell, tellKey, asked, answers, links, media, standing, tone };
}

const sends = (link: FakeLink, source: "camera" | "microphone"): boolean =>
  Boolean(link.sent.get(source)?.track);

test.each([
  ["verified", true],
  ["unverified", false],
  ["unknown", null],
] as const)("what main says of this device is told: %s", (ownDevice, verified) => {
  const { call, push } = setUp();
  push({ ownDevice });
  expect(call.verified).toBe(verified);
});

test("the lobby opens camera and microphone and connects, and sends nothing", async () => {
  const { call, tell, standing } = setUp();
  tell(lobby);
  const link = await standing();
  expect([call.camera, call.microphone, call.connection]).toEqual([true, true, "connected"]);
  expect([call.preview !== null, call.tiles.length]).toEqual([true, 0]);
  expect([sends(link, "camera"), sends(link, "microphone")]).toEqual([false, false]);
});

test("a click on Join sends at once, before main has answered", async () => {
  const { call, tell, asked, answers, standing } = setUp();
  tell(lobby);
  const link = await standing();
  answers["call.join"] = () => new Promise(() => {});
  void call.join();
  expect([sends(link, "camera"), sends(link, "microphone")]).toEqual([true, true]);
  expect(asked.at(-1)).toBe('call.join {"intent":"video"}');
  expect(call.tiles.map(({ id, name }) => [id, name])).toEqual([["local", "Alice"]]);
});

test("a join that main refuses sends nothing more", async () => {
  const { call, tell, answers, standing } = setUp();
  tell(lobby);
  const link = await standing();
  answers["call.join"] = async () => ({ ok: false, code: "call-forbidden" });
  await call.join();
  expect([sends(link, "camera"), sends(link, "microphone"), call.tiles]).toEqual([false, false, []]);
});

test("whoever is back in the lobby with an error is on no SFU, until they join again", async () => {
  const { call, tell, links, standing } = setUp();
  tell(lobby);
  const link = await standing();
  await call.join();
  tell({ ...lobby, phase: "joined", joinedAt: 0, membership: "live" });
  tell({ ...lobby, error: "call-removed" });
  expect([link.status, call.tiles]).toEqual(["closed", []]);
  await call.join();
  expect(links).toHaveLength(2);
});

test("who wants to start muted and without camera has neither device opened", async () => {
  const { call, tell, media } = setUp({ startMuted: true, startWithCamera: false });
  tell(lobby);
  // Listed at first, before devices are opened, and again after.
  await expect.poll(() => media.looks).toBe(3);
  expect([call.camera, call.microphone, media.opened]).toEqual([false, false, []]);
});

test("an audio call starts without the camera", async () => {
  const { call, tell, media } = setUp();
  tell({ ...lobby, intent: "audio" });
  await expect.poll(() => media.opened.map(({ kind }) => kind)).toEqual(["audio"]);
  expect(call.camera).toBe(false);
});

test("a camera that goes off in the call tells main that it is an audio call now", async () => {
  const { call, tell, asked, standing } = setUp();
  tell(lobby);
  const link = await standing();
  tell({ ...lobby, phase: "joined" });
  await call.setCamera(false);
  expect(asked.at(-1)).toBe('call.intent {"intent":"audio"}');
  expect([sends(link, "camera"), sends(link, "microphone")]).toEqual([false, true]);
});

test("leaving lets go of devices and connection before main has answered", async () => {
  const { call, tell, answers, links, media, standing } = setUp();
  tell({ ...lobby, phase: "joined" });
  await standing();
  answers["call.leave"] = () => new Promise(() => {});
  void call.leave();
  expect(links.map(({ status }) => status)).toEqual(["closed"]);
  expect(media.opened.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
});

test("the system's default is chosen by clearing the choice", async () => {
  const { call, tell, asked } = setUp();
  tell(lobby);
  await expect.poll(() => call.devices.cameras.length).toBe(2);
  await call.choose("camera", "b");
  expect(asked.at(-1)).toBe('settings.change {"camera":{"id":"b","label":"Device b"}}');
  await call.choose("camera", "");
  expect(asked.at(-1)).toBe('settings.change {"camera":null}');
});

test("while somebody rings the SFU is connected, and no device is opened, nothing sent and nobody heard", async () => {
  const { call, tell, links, media } = setUp();
  const participants = [bob];
  tell({ ...lobby, phase: "warm", participants });
  await expect.poll(() => links.at(-1)?.grant).toBeTruthy();
  links[0]?.stand();
  // The lists of devices, which the window asks for when it starts.
  await expect.poll(() => media.looks).toBe(1);
  expect([media.opened, call.camera, call.microphone, call.tiles]).toEqual([[], false, false, []]);
  expect([links[0]?.received.size, links[0] && sends(links[0], "microphone")]).toEqual([0, false]);
});

test("on an answer the others are heard at once, over the connection that stands, and devices come as they open", async () => {
  const { tell, links, media } = setUp();
  const gate = Promise.withResolvers<void>();
  media.gate = gate.promise;
  tell({ ...lobby, phase: "warm", participants: [bob] });
  await expect.poll(() => links.at(-1)?.grant).toBeTruthy();
  links[0]?.stand();
  tell({ ...lobby, phase: "joining", participants: [bob] });
  expect([links.length, links[0] && [...links[0].received]]).toEqual([1, ["bob"]]);
  gate.resolve();
  await expect.poll(() => links[0] && sends(links[0], "camera") && sends(links[0], "microphone")).toBe(true);
});

test("an answer without video opens no camera", async () => {
  const { tell, media } = setUp();
  tell({ ...lobby, phase: "warm" });
  tell({ ...lobby, phase: "joining", intent: "audio" });
  await expect.poll(() => media.opened.map(({ kind }) => kind)).toEqual(["audio"]);
});

test.each(["calling", "ringing"] as const)(
  "one hears that it rings at the other end (%s), until it ends",
  (phase) => {
    const { tell, tone } = setUp();
    const outgoing = { phase, people: [] };
    tell({ ...lobby, phase: "joining", outgoing });
    tell({ ...lobby, phase: "joined", outgoing });
    expect(tone).toEqual({ sounding: true, starts: 1 });
    tell({ ...lobby, phase: "joined", outgoing: { phase: "answered", people: [] } });
    expect(tone).toEqual({ sounding: false, starts: 1 });
  },
);

test("whoever talks with others already is not disturbed by one more who is rung", () => {
  const { tell, tone } = setUp();
  tell({ ...lobby, phase: "joined", outgoing: { phase: "ringing", people: [] }, participants: [bob] });
  expect(tone.starts).toBe(0);
});

test("hanging up silences it before main has answered", () => {
  const { call, tell, answers, tone } = setUp();
  tell({ ...lobby, phase: "joined", outgoing: { phase: "ringing", people: [] } });
  answers["call.leave"] = () => new Promise(() => {});
  void call.leave();
  expect(tone.sounding).toBe(false);
});

test("a call that nobody answered lets go of devices and connection, and is as muted as it was when tried again", async () => {
  const { call, tell, links, media, standing, tone } = setUp();
  tell({ ...lobby, phase: "joined", outgoing: { phase: "ringing", people: [] } });
  await standing();
  await call.setCamera(false);
  tell({ ...lobby, phase: "over", outgoing: { phase: "no-answer", people: [] } });
  expect([links[0]?.status, media.opened.every(({ readyState }) => readyState === "ended")]).toEqual([
    "closed",
    true,
  ]);
  expect(tone.sounding).toBe(false);
  tell({ ...lobby, phase: "joining" });
  await expect.poll(() => call.microphone).toBe(true);
  expect(call.camera).toBe(false);
});

const heldRoom = { room: lobby.room, name: "Room", avatar: null, direct: null };
const other = { ...lobby, room: "!other:hs", phase: "joined", held: heldRoom } as const;
const back = { ...lobby, phase: "joined", held: { ...heldRoom, room: other.room } } as const;

test("a call that is held stays on its SFU, neither sent to nor heard, and each call is as muted as it was", async () => {
  const { call, tell, asked, links, media, standing } = setUp();
  const connected = () =>
    asked.filter((each) => each.startsWith("call.connected")).map((each) => each.slice(15));
  tell({ ...lobby, phase: "joined", participants: [bob] });
  const first = await standing();
  await call.setMicrophone(false);
  tell({ ...other, participants: [bob] });
  expect([first.status, first.received.size]).toEqual(["connected", 0]);
  expect([...first.sent.values()].every(({ track }) => track === null)).toBe(true);
  await expect.poll(() => call.microphone).toBe(true);
  await expect.poll(() => links.at(-1)?.grant && links.length).toBe(2);
  links[1]?.stand();
  expect(links[1]?.received).toEqual(new Set(["bob"]));
  tell({ ...back, participants: [bob] });
  await expect.poll(() => media.opened.length).toBe(5);
  expect([call.camera, call.microphone]).toEqual([true, false]);
  expect([links.length, first.received, first.sent.get("camera")?.track]).toEqual([
    2,
    new Set(["bob"]),
    call.preview && media.opened.at(-1),
  ]);
  expect([links[1]?.status, links[1]?.received.size]).toEqual(["connected", 0]);
  expect(connected()).toEqual([
    '{"room":"!room:hs","connected":false}',
    '{"room":"!room:hs","connected":true}',
    '{"room":"!other:hs","connected":false}',
    '{"room":"!other:hs","connected":true}',
  ]);
  // The one that is on ends: what was held is the call again.
  await call.leave();
  expect([first.status, links[1]?.status]).toEqual(["closed", "connected"]);
  tell({ ...other, held: null, participants: [bob] });
  await expect.poll(() => links[1]?.received).toEqual(new Set(["bob"]));
  expect(links.length).toBe(2);
  tell(null);
  expect(links[1]?.status).toBe("closed");
});

test("nothing is sent into a call that was held before our key of it is known, which may be another one now", async () => {
  const { tell, answers, links, standing, media } = setUp();
  tell({ ...lobby, phase: "joined" });
  const first = await standing();
  tell(other);
  const keys = Promise.withResolvers<Envelope>();
  answers["call.keys"] = () => keys.promise;
  tell({ ...back, participants: [bob] });
  await expect.poll(() => media.opened.filter(({ readyState }) => readyState === "live").length).toBe(2);
  expect([first.sent.get("camera")?.track, first.received.size]).toEqual([null, 0]);
  const ours = { identity: "alice", index: 4, own: true, key: new Uint8Array(16) };
  keys.resolve({ ok: true, value: [ours] });
  await expect
    .poll(() => first.sent.get("camera")?.track)
    .toBe(media.opened.find(({ kind, readyState }) => kind === "video" && readyState === "live"));
  expect([first.keys, first.received, links.length]).toEqual([["alice 4"], new Set(["bob"]), 2]);
});

test("a held call that loses its SFU is told, let go, and connected anew when it goes on", async () => {
  const { tell, asked, links, standing } = setUp();
  tell({ ...lobby, phase: "joined" });
  const first = await standing();
  tell(other);
  await expect.poll(() => links.at(-1)?.grant && links.length).toBe(2);
  const grants = () => asked.filter((each) => each.startsWith("call.grant")).length;
  const before = grants();
  first.close();
  await expect.poll(() => asked.at(-1)).toBe('call.connected {"room":"!room:hs","connected":false}');
  tell(back);
  await expect.poll(() => links.at(-1)?.grant && links.length).toBeGreaterThan(2);
  expect(grants()).toBe(before + 1);
});

test("our key of another call, which comes before it, is not used in the one that is put on hold", async () => {
  const { tell, tellKey, asked, answers, links, standing } = setUp();
  const keyed = (): string[][] => links.map(({ keys }) => keys);
  const ours = (index: number): MediaKey => ({
    identity: "alice",
    index,
    own: true,
    key: new Uint8Array(16).fill(7),
  });
  answers["call.keys"] = async () => ({ ok: true, value: [ours(1)] });
  tell({ ...lobby, phase: "joined" });
  tellKey(ours(1));
  await standing();
  await expect.poll(keyed).toEqual([["alice 1"]]);

  // As main does it: the key, the state, and then the answers, to that key and to the connection that has signalled.
  const late = Promise.withResolvers<Envelope>();
  answers["call.keys"] = () => late.promise;
  tellKey(ours(2));
  tell({ ...lobby, room: "!other:hs", phase: "joined" });
  await expect.poll(() => links.at(-1)?.grant && links.length).toBe(2);
  links[1]?.options.signalled?.();
  late.resolve({ ok: true, value: [ours(2)] });
  await expect.poll(keyed).toEqual([["alice 1"], ["alice 2"]]);
  expect(asked.filter((each) => each.startsWith("call.keys"))).toHaveLength(3);
});

test("whom to ring is main's to know, unless one chose", async () => {
  const { call, tell, asked, standing } = setUp();
  tell(lobby);
  await standing();
  await call.join("everyone");
  expect(asked.at(-1)).toBe('call.join {"intent":"video","ring":"everyone"}');
  await call.ring(["@bob:hs"]);
  expect(asked.at(-1)).toBe('call.ring {"ring":["@bob:hs"]}');
});

test("main is told whether we stand on our SFU, from when it has us joining, and of each call anew", async () => {
  const { call, tell, asked, standing } = setUp();
  const told = () => asked.flatMap((each) => each.match(/^call\.connected .*"connected":(\w+)/)?.[1] ?? []);
  tell(lobby);
  const link = await standing();
  void call.join();
  expect(told()).toEqual([]);
  tell({ ...lobby, phase: "joining" });
  expect(told()).toEqual(["true"]);
  link.status = "reconnecting";
  link.options.changed();
  link.options.changed();
  expect(told()).toEqual(["true", "false"]);
  link.status = "connected";
  link.options.changed();
  tell(null);
  expect(told()).toEqual(["true", "false", "true"]);
  tell({ ...lobby, room: "!other:hs", phase: "joining" });
  expect(told()).toEqual(["true", "false", "true", "false"]);
});

test("a connection on which nothing arrives is one to be had again, and so are those over it", async () => {
  const { call, tell, standing } = setUp();
  tell({ ...lobby, phase: "joined", participants: [bob] });
  const link = await standing();
  link.remotes.set("bob", remote("bob"));
  const reason = () => call.tiles.find(({ user }) => user === bob.user)?.reason;
  link.options.changed();
  expect([call.connection, reason()]).toEqual(["connected", null]);
  link.lost.add("bob");
  link.options.changed();
  expect([call.connection, reason()]).toEqual(["connected", "lost"]);
  link.quiet = true;
  link.options.changed();
  expect([call.connection, reason()]).toEqual(["reconnecting", "connecting"]);
});

test("a hand is raised and lowered, and a reaction shown, by main", async () => {
  const { call, tell, asked } = setUp();
  const me: Participant = { ...bob, id: "me", user: "@alice:hs", local: true };
  tell({ ...lobby, phase: "joined", participants: [me, bob] });
  expect(call.handRaised).toBe(false);
  await call.setHand(true);
  await call.react("👍");
  expect(asked.slice(-2)).toEqual(['call.hand {"raised":true}', 'call.react {"emoji":"👍"}']);
  tell({
    ...lobby,
    phase: "joined",
    participants: [
      { ...me, handAt: 5 },
      { ...bob, handAt: 4 },
    ],
  });
  expect(call.handRaised).toBe(true);
  expect(call.tiles.map(({ marks }) => marks?.hand)).toEqual([2, 1]);
});
