// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";

import { CallMedia } from "../../../renderer/call/call.svelte.ts";
import { Mirror } from "../../../renderer/common/mirror.svelte.ts";
import type { Link } from "../../../renderer/media/backend.ts";
import type { Envelope } from "../../../shared/ipc/bridge.ts";
import { createClient } from "../../../shared/ipc/client.ts";
import type { CallState } from "../../../shared/state/app-state.ts";
import { defaultSettings, type Settings } from "../../../shared/state/settings.ts";
import { FakeLink } from "./fake-link.ts";
import { FakeMedia } from "./fake-media.ts";

const lobby: CallState = {
  room: "!room:hs",
  name: "Room",
  avatar: null,
  direct: null,
  encrypted: true,
  intent: "video",
  phase: "lobby",
  joinedAt: null,
  membership: "none",
  error: null,
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
  });
  open.push(call);
  const tell = (state: CallState | null): void => {
    for (const each of hear)
      each("state", { session, call: state, settings: { ...defaultSettings, ...settings } });
    flushSync();
  };
  const standing = async (): Promise<FakeLink> => {
    await expect.poll(() => links.at(-1)?.grant).toBeTruthy();
    await expect.poll(() => media.opened.length).toBe(2);
    const link = links.at(-1);
    if (!link) throw new Error("nothing was dialled");
    link.stand();
    return link;
  };
  return { call, tell, asked, answers, links, media, standing };
}

const sends = (link: FakeLink, source: "camera" | "microphone"): boolean =>
  Boolean(link.sent.get(source)?.track);

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

test.each([
  ["main refuses", { ok: false, code: "call-forbidden" } as const, null],
  ["main lets us in the lobby with an error", null, { ...lobby, error: "call-forbidden" } as const],
])("a join that fails (%s) sends nothing more", async (_how, answer, state) => {
  const { call, tell, answers, standing } = setUp();
  tell(lobby);
  const link = await standing();
  if (answer) answers["call.join"] = async () => answer;
  await call.join();
  if (state) tell(state);
  expect([sends(link, "camera"), sends(link, "microphone"), call.tiles]).toEqual([false, false, []]);
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
