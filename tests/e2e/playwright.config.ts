import { defineConfig } from "@playwright/test";

import { electronBinary } from "../../build/electron-binary.ts";

/** Each worker has real servers of its own and an app or two; the same specs on real Electron and on its stand-in. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results",
  // Real windows share one screen, and take the focus from each other.
  workers: electronBinary().standIn ? 2 : 1,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  retries: 0,
  reporter: "list",
});
