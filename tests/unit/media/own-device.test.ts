import { expect, test } from "vitest";

import type { MediaProblem } from "../../../renderer/call/view.ts";
import type { CaptureKind } from "../../../renderer/media/capture.ts";
import { OwnDevice } from "../../../renderer/media/own-device.svelte.ts";
import { FakeMedia } from "./fake-media.ts";

function setUp(kind: CaptureKind, ...devices: string[]) {
  const media = new FakeMedia(...devices);
  const problems: MediaProblem[] = [];
  const choice = { id: null as string | null };
  const device = new OwnDevice(kind, {
    media: media.asDevices,
    chosen: () => choice.id,
    changed: () => {},
    problem: (problem) => problems.push(problem),
  });
  return { media, problems, choice, device };
}

const idOf = (device: OwnDevice): string | undefined => device.track?.getSettings().deviceId;

test("a camera that is switched off is let go, so that its light goes out", async () => {
  const { device, media } = setUp("camera", "a");
  await device.set(true);
  await device.set(false);
  expect(device.track).toBeNull();
  expect(media.opened[0]?.readyState).toBe("ended");
});

test("a muted microphone stays open and silent, so that speaking again takes no time", async () => {
  const { device, media } = setUp("microphone", "a");
  await device.set(true);
  await device.set(false);
  expect(media.opened.map(({ readyState, enabled }) => [readyState, enabled])).toEqual([["live", false]]);
  await device.set(true);
  expect(media.opened.map(({ readyState, enabled }) => [readyState, enabled])).toEqual([["live", true]]);
});

test("a camera that was switched off while it opened does not stay on", async () => {
  const { device, media } = setUp("camera", "a");
  const gate = Promise.withResolvers<void>();
  media.gate = gate.promise;
  const opening = device.set(true);
  const closing = device.set(false);
  gate.resolve();
  await Promise.all([opening, closing]);
  expect([device.on, device.track, media.opened[0]?.readyState]).toEqual([false, null, "ended"]);
});

test("an unplugged microphone gives way to the default one, and the user is told", async () => {
  const { device, media, problems, choice } = setUp("microphone", "default", "headset");
  choice.id = "headset";
  await device.set(true);
  media.devices = ["default"];
  media.opened[0]?.unplug();
  await expect.poll(() => idOf(device)).toBe("default");
  expect([device.on, problems]).toEqual([true, ["device-unplugged"]]);
});

test("an unplugged camera without another one goes off", async () => {
  const { device, media, problems } = setUp("camera", "only");
  await device.set(true);
  media.devices = [];
  media.opened[0]?.unplug();
  await expect.poll(() => device.on).toBe(false);
  expect(problems).toEqual(["device-unplugged", "camera-missing"]);
});

test("a camera that may not be used stays off", async () => {
  const { device, media, problems } = setUp("camera", "a");
  media.refusal = "NotAllowedError";
  await device.set(true);
  expect([device.on, device.track, problems]).toEqual([false, null, ["camera-denied"]]);
});

test("choosing another device goes over to it and lets the first one go", async () => {
  const { device, media, choice } = setUp("camera", "a", "b");
  await device.set(true);
  choice.id = "b";
  await device.follow();
  expect([idOf(device), media.opened[0]?.readyState]).toEqual(["b", "ended"]);
});

test("choosing the system's default goes back to it", async () => {
  const { device, choice } = setUp("camera", "a", "b");
  choice.id = "b";
  await device.set(true);
  choice.id = null;
  await device.follow();
  expect(idOf(device)).toBe("a");
});

test("a device that is in use already is not opened again", async () => {
  const { device, media, choice } = setUp("camera", "a", "b");
  await device.set(true);
  choice.id = "a";
  await device.follow();
  expect(media.opened).toHaveLength(1);
});

test("a muted microphone that is exchanged stays muted", async () => {
  const { device, media, choice } = setUp("microphone", "a", "b");
  await device.set(true);
  await device.set(false);
  choice.id = "b";
  await device.follow();
  expect([idOf(device), media.opened[1]?.enabled]).toEqual(["b", false]);
});

test("a chosen device that cannot be opened leaves the one in use", async () => {
  const { device, media, choice, problems } = setUp("camera", "a", "b");
  await device.set(true);
  choice.id = "b";
  media.refusal = "NotReadableError";
  await device.follow();
  expect([idOf(device), device.on, problems]).toEqual(["a", true, ["camera-busy"]]);
});
