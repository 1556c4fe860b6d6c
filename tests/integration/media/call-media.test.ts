import { expect, test } from "vitest";

import type { UserId } from "../../../shared/matrix/ids.ts";
import {
  ALICE,
  BOB,
  bytesOf,
  CAROL,
  hears,
  join,
  joinIn,
  openCallWindow,
  PATIENCE,
  seesMore,
  tile,
  useSfu,
} from "./scene.ts";
import { callOf, keyOf, member, type CallWindow } from "./windows.ts";

declare global {
  /** In the page: how often a device was asked for. */
  var captures: number;
  /** In the page: how often its workers tried to decrypt, and told it something. */
  var work: { tried: number; told: number };
}

const { sfu } = useSfu();

/** The ID of the camera whose pictures are sent. */
const cameraInUse = (window: CallWindow): Promise<string | undefined> =>
  window.page.evaluate(
    () =>
      connections
        .flatMap((connection) => connection.getSenders())
        .find(({ track }) => track?.kind === "video")
        ?.track?.getSettings().deviceId,
  );

test("two people see and hear each other through an encrypted call", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE), hears(alice), hears(bob)]);
  expect([await alice.reason(BOB), await bob.reason(ALICE)]).toEqual([null, null]);
});

test("without a key nothing is decoded and the tile says so, until it comes", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE], { without: [ALICE] })]);
  await seesMore(alice, BOB);
  await expect.poll(() => bob.reason(ALICE), PATIENCE).toBe("key-missing");
  expect(await bob.frames(ALICE)).toBe(0);
  await bob.tellKey(keyOf(alice.identity, 0, bytesOf(ALICE)));
  await bob.tellCall(callOf("joined", [member(BOB, true), member(ALICE, false)]));
  await Promise.all([seesMore(bob, ALICE), hears(bob)]);
  expect(await bob.reason(ALICE)).toBeNull();
});

test("a video does not come before its key, so that it begins with a key frame that can be read", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE], { without: [ALICE] })]);
  await seesMore(alice, BOB);
  await expect.poll(() => bob.bytes("audio"), PATIENCE).toBeGreaterThan(5000);
  expect(await bob.bytes("video")).toBe(0);
  await bob.tellKey(keyOf(alice.identity, 0, bytesOf(ALICE)));
  await bob.tellCall(callOf("joined", [member(BOB, true), member(ALICE, false)]));
  await seesMore(bob, ALICE);
});

test("a wrong key decodes nothing and the tile says so, until the right one comes", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE], { without: [ALICE] })]);
  await bob.tellKey(keyOf(alice.identity, 0, 99));
  await bob.tellCall(callOf("joined", [member(BOB, true), member(ALICE, false)]));
  await expect.poll(() => bob.reason(ALICE), PATIENCE).toBe("key-wrong");
  expect(await bob.frames(ALICE)).toBe(0);
  await bob.tellKey(keyOf(alice.identity, 0, bytesOf(ALICE)));
  await seesMore(bob, ALICE);
  await expect.poll(() => bob.reason(ALICE), PATIENCE).toBeNull();
});

test("a rotated key goes unnoticed where it came in time, and repairs the picture where it came late", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await seesMore(bob, ALICE);
  await bob.tellKey(keyOf(alice.identity, 1, 11));
  await seesMore(bob, ALICE);
  await alice.tellKey(keyOf(alice.identity, 1, 11, true));
  await seesMore(bob, ALICE);
  expect(await bob.reason(ALICE)).toBeNull();

  await alice.tellKey(keyOf(alice.identity, 2, 12, true));
  await expect.poll(() => bob.reason(ALICE), PATIENCE).toBe("key-missing");
  await bob.tellKey(keyOf(alice.identity, 2, 12));
  await seesMore(bob, ALICE);
  expect(await bob.reason(ALICE)).toBeNull();
});

test("who is on the SFU without a membership is neither shown, nor heard, nor received", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE]), join(CAROL, [ALICE, BOB])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  expect(await alice.reason(CAROL)).toBe("gone");
  expect(await alice.page.evaluate(() => document.querySelectorAll("audio").length)).toBe(1);
  // Bob's camera and microphone.
  expect(await alice.streams()).toBe(2);
});

test("media in clear are not played in an encrypted call", async () => {
  const [alice] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE], { encrypted: false })]);
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBe("not-encrypted");
  expect([
    await alice.frames(BOB),
    await alice.page.evaluate(() => document.querySelectorAll("audio").length),
  ]).toEqual([0, 0]);
});

test("mute and camera off are seen by the other, and end again", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await seesMore(bob, ALICE);
  await alice.page.evaluate(() =>
    Promise.all([stage.call.setMicrophone(false), stage.call.setCamera(false)]),
  );
  await expect
    .poll(() => tile(bob, ALICE), PATIENCE)
    .toEqual({ microphone: "muted", picture: false, reason: null });
  await alice.page.evaluate(() => Promise.all([stage.call.setMicrophone(true), stage.call.setCamera(true)]));
  await expect
    .poll(() => tile(bob, ALICE), PATIENCE)
    .toEqual({ microphone: "on", picture: true, reason: null });
  await seesMore(bob, ALICE);
});

test("a shared screen is seen by the other until it ends", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await alice.page.evaluate(() => stage.call.share({ id: "screen:0", audio: false }));
  expect(alice.asked).toContainEqual({ command: "screens.choose", args: { id: "screen:0", audio: false } });
  expect(await alice.page.evaluate(() => [stage.call.sharing, stage.call.problem])).toEqual([true, null]);
  await expect.poll(() => bob.frames(ALICE, "screen"), PATIENCE).toBeGreaterThan(0);
  await alice.page.evaluate(() => stage.call.stopSharing());
  await expect
    .poll(() => bob.page.evaluate(() => stage.call.tiles.map(({ kind }) => kind)), PATIENCE)
    .toEqual(["camera", "camera"]);
});

test("the call comes back after the SFU was restarted, with a fresh grant and the newest keys", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  // After the restart Bob has her second key alone.
  const rotated = keyOf(alice.identity, 1, 11, true);
  alice.keys = [...alice.keys, rotated];
  bob.keys = [keyOf(alice.identity, 1, 11), keyOf(bob.identity, 0, bytesOf(BOB), true)];
  await bob.tellKey(keyOf(alice.identity, 1, 11));
  await alice.tellKey(rotated);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  // The room is gone with the SFU: whoever dials first makes it anew with a grant, the other may still come in with the old one.
  const grants = () =>
    [...alice.asked, ...bob.asked].filter(({ command }) => command === "call.grant").length;
  const before = grants();
  await sfu().restart();
  await expect.poll(grants, PATIENCE).toBeGreaterThan(before);
  for (const { page } of [alice, bob])
    await expect.poll(() => page.evaluate(() => stage.call.connection), PATIENCE).toBe("connected");
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE), hears(alice), hears(bob)]);
});

test("a connection that was silent for a while is said to be lost, and comes back", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await seesMore(alice, BOB);
  const connection = () => alice.page.evaluate(() => stage.call.connection);
  sfu().pause();
  await expect.poll(connection, { timeout: 60_000, interval: 100 }).not.toBe("connected");
  sfu().resume();
  await expect.poll(connection, PATIENCE).toBe("connected");
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
});

test("another camera is sent as soon as it is chosen", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await seesMore(bob, ALICE);
  // Chromium's second fake camera measures depth and makes no pictures.
  const [, , other] = await alice.page.evaluate(() => stage.call.devices.cameras);
  if (!other) throw new Error("no other camera");
  await alice.tellSettings({ camera: other });
  await expect.poll(() => cameraInUse(alice), PATIENCE).toBe(other.id);
  await seesMore(bob, ALICE);
});

test("a window that reloads in the call is in it again, as muted as it was", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await seesMore(bob, ALICE);
  await alice.page.evaluate(() => stage.call.setMicrophone(false));
  await alice.reload();
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  expect(await alice.page.evaluate(() => [stage.call.microphone, stage.call.camera])).toEqual([false, true]);
  expect((await tile(bob, ALICE))?.microphone).toBe("muted");
});

test("while somebody rings the SFU is connected and no device opened; on the answer one hears them, however long devices take", async () => {
  const alice = await join(ALICE, [BOB]);
  const bob = await openCallWindow(BOB);
  // Devices that take for ever.
  await bob.page.evaluate(() => {
    globalThis.captures = 0;
    navigator.mediaDevices.getUserMedia = () => {
      globalThis.captures += 1;
      return new Promise(() => {});
    };
  });
  bob.keys = [keyOf(bob.identity, 0, bytesOf(BOB), true)];
  await bob.tellCall(callOf("warm", [member(ALICE, false, "waiting")]));
  await expect.poll(() => bob.page.evaluate(() => stage.call.connection), PATIENCE).toBe("connected");
  expect(await bob.page.evaluate(() => [globalThis.captures, stage.call.tiles.length])).toEqual([0, 0]);
  expect([await bob.streams(), await alice.streams()]).toEqual([0, 0]);

  for (const key of bob.keys) await bob.tellKey(key);
  await bob.tellKey(keyOf(alice.identity, 0, bytesOf(ALICE)));
  await bob.tellCall(callOf("joining", [member(ALICE, false)]));
  await Promise.all([hears(bob), seesMore(bob, ALICE)]);
  expect(await bob.page.evaluate(() => globalThis.captures)).toBe(2);
  expect(bob.asked.filter(({ command }) => command === "call.grant")).toHaveLength(1);
});

test("a call that is held is neither heard nor sent to, and comes back", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([hears(alice), seesMore(bob, ALICE)]);
  const call = callOf("joined", [member(BOB, true), member(ALICE, false)]);
  await bob.tellCall({
    ...callOf("joined", [member(BOB, true)]),
    room: "!other:hs.example",
    transport: null,
  });
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBe("connecting");
  expect((await tile(bob, ALICE)) ?? null).toBeNull();
  bob.keys = [keyOf(alice.identity, 0, bytesOf(ALICE)), keyOf(bob.identity, 0, bytesOf(BOB), true)];
  await bob.tellCall(call);
  await Promise.all([hears(bob), seesMore(bob, ALICE), seesMore(alice, BOB)]);
});

/** Runs in a worker before all else: counts attempts to decrypt, and what is said to the page. */
function countWork(): void {
  const channel = new BroadcastChannel("work");
  const say = channel.postMessage.bind(channel);
  const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
  crypto.subtle.decrypt = (...frame) => {
    say("tried");
    return decrypt(...frame);
  };
  const post = globalThis.postMessage.bind(globalThis);
  globalThis.postMessage = (message: unknown) => {
    say("told");
    post(message);
  };
}

/** Somebody's frames are noise for so long that the library has given their key up. */
async function misencrypts(who: CallWindow, user: UserId, other: CallWindow): Promise<void> {
  await who.tellKey(keyOf(who.identity, 0, 99, true));
  await expect.poll(() => other.reason(user), PATIENCE).toBe("key-wrong");
  const before = await other.bytes("audio");
  await expect.poll(() => other.bytes("audio"), PATIENCE).toBeGreaterThan(before + 5000);
}

test("a flood of frames under a wrong key costs little: few are tried, and fewer told of", async () => {
  const alice = await openCallWindow(ALICE);
  // What its encryption workers do, counted.
  await alice.page.route(/e2ee\.worker.*\.js/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${countWork.toString()})();${await response.text()}` });
  });
  await alice.page.addInitScript(() => {
    const done = { tried: 0, told: 0 };
    globalThis.work = done;
    new BroadcastChannel("work").addEventListener(
      "message",
      ({ data }: MessageEvent<"tried" | "told">) => (done[data] += 1),
    );
  });
  await alice.reload();
  const bob = await join(BOB, [ALICE]);
  await joinIn(alice, [BOB]);
  await Promise.all([seesMore(alice, BOB), hears(alice)]);
  await bob.tellKey(keyOf(bob.identity, 0, 99, true));
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBe("key-wrong");
  const work = () => alice.page.evaluate(() => ({ ...globalThis.work }));
  const [before, packets] = [await work(), await alice.packets()];
  // At the least those that were seen, so that few below means something.
  expect(before.tried).toBeGreaterThan(5);
  await expect
    .poll(() => alice.packets(), { timeout: 60_000, interval: 200 })
    .toBeGreaterThan(packets + 1000);
  const after = await work();
  // Of the fake devices' 70 frames a second hardly any.
  expect(after.tried - before.tried).toBeLessThan(100);
  expect(after.told - before.told).toBeLessThan(50);
});

test("whose frames were noise for a moment is seen and heard again", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  await misencrypts(bob, BOB, alice);
  await bob.tellKey(keyOf(bob.identity, 0, bytesOf(BOB), true));
  await Promise.all([seesMore(alice, BOB), hears(alice)]);
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBeNull();
});

test("whose frames were noise when they left is seen and heard when they come back under the same key", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  await misencrypts(bob, BOB, alice);
  await bob.tellCall(null);
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBe("connecting");
  await bob.tellKey(keyOf(bob.identity, 0, bytesOf(BOB), true));
  await bob.tellCall(callOf("joined", [member(BOB, true), member(ALICE, false)]));
  await Promise.all([seesMore(bob, ALICE), seesMore(alice, BOB), hears(alice)]);
  expect(await alice.reason(BOB)).toBeNull();
});
