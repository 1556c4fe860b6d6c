import { expect, test } from "vitest";

import { capture } from "../../../renderer/media/capture.ts";
import { FakeMedia } from "./fake-media.ts";

test("the asked device is opened", async () => {
  const { track } = await capture(new FakeMedia("a", "b").asDevices, "camera", "b");
  expect(track?.getSettings().deviceId).toBe("b");
});

test("a device that has gone gives the system's default", async () => {
  const { track } = await capture(new FakeMedia("a").asDevices, "microphone", "b");
  expect(track?.getSettings().deviceId).toBe("a");
});

test.each([
  ["NotAllowedError", "camera-denied"],
  ["SecurityError", "camera-denied"],
  ["NotFoundError", "camera-missing"],
  ["NotReadableError", "camera-busy"],
  ["AbortError", "camera-busy"],
])("%s is told as %s", async (refusal, problem) => {
  const media = new FakeMedia("a");
  media.refusal = refusal;
  expect(await capture(media.asDevices, "camera", "a")).toEqual({ problem });
});

test("a device that was too slow to start is asked once more", async () => {
  const media = new FakeMedia("a");
  const gate = Promise.withResolvers<void>();
  media.refusal = "AbortError";
  media.gate = gate.promise;
  const captured = capture(media.asDevices, "camera", "a");
  media.refusal = null;
  gate.resolve();
  expect((await captured).track?.getSettings().deviceId).toBe("a");
});
