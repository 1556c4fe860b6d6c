import type { LaunchOptions } from "@playwright/test";

import { findChromium } from "../../build/setup/places.mjs";

const DISABLED = [
  // Pages of other origins speak to servers on loopback.
  "LocalNetworkAccessChecks",
  // Pages of the address bar, rendered for each window although nobody has one: a tenth of a test's work.
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
];

/** How a test starts the machine's Chromium, with more switches. */
export function browserOptions(...switches: readonly string[]): LaunchOptions {
  const executablePath = findChromium();
  return {
    ...(executablePath && { executablePath }),
    args: ["--no-sandbox", `--disable-features=${DISABLED.join()}`, ...switches],
  };
}
