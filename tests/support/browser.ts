import type { LaunchOptions } from "@playwright/test";

import { findChromium } from "../../build/setup/places.mjs";
import { cameraFilm } from "./camera.ts";

const DISABLED = [
  // Pages of other origins speak to servers on loopback.
  "LocalNetworkAccessChecks",
  // Pages of the address bar, rendered for each window although nobody has one: a tenth of a test's work.
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
];

/** A camera of 1280 × 720 and a microphone that need no hardware. */
export const FAKE_MEDIA = "--use-fake-device-for-media-stream";
/** The same with a film in the place of the camera, of few and small pictures: in tests several people share the machine. */
export const LIGHT_MEDIA: readonly string[] = [
  FAKE_MEDIA,
  `--use-file-for-fake-video-capture=${cameraFilm()}`,
];

/** How a test starts the machine's Chromium, with more switches. */
export function browserOptions(...switches: readonly string[]): LaunchOptions {
  const executablePath = findChromium();
  return {
    ...(executablePath && { executablePath }),
    args: ["--no-sandbox", `--disable-features=${DISABLED.join()}`, ...switches],
  };
}
