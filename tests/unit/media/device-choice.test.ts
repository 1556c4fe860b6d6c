import { expect, test } from "vitest";

import { findDevice } from "../../../renderer/media/device-choice.ts";

const devices = [
  { id: "1", label: "Built-in" },
  { id: "2", label: "Desk camera" },
  { id: "3", label: "" },
];

test.each([
  ["nothing chosen means the system's default", null, null],
  ["the ID finds the device", { id: "2", label: "Desk camera" }, "2"],
  ["the ID counts more than the label", { id: "1", label: "Desk camera" }, "1"],
  ["a changed ID is found by its label", { id: "old", label: "Desk camera" }, "2"],
  ["a device that is away leaves the default", { id: "old", label: "Headset" }, null],
  ["an empty label finds nothing", { id: "old", label: "" }, null],
])("%s", (_name, choice, id) => {
  expect(findDevice(devices, choice)?.id ?? null).toBe(id);
});
