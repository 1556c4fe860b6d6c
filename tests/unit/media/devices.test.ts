import { expect, it } from "vitest";

import { Devices } from "../../../renderer/media/devices.svelte.ts";
import { FakeMedia } from "./fake-media.ts";

it("opens nothing for the labels of devices that have them", async () => {
  const media = new FakeMedia("a", "b");
  await new Devices(media.asMediaDevices).ask();
  expect(media.opened).toEqual([]);
});

it("opens camera and microphone for a moment where their labels are not yet told", async () => {
  const media = new FakeMedia("a");
  media.labelled = false;
  const devices = new Devices(media.asMediaDevices);
  await devices.ask();
  expect(media.opened.map(({ kind, readyState }) => [kind, readyState])).toEqual([
    ["video", "ended"],
    ["audio", "ended"],
  ]);
  expect(devices.cameras).toEqual([{ id: "a", label: "Device a" }]);
});
