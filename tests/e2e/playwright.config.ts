import { defineConfig } from "@playwright/test";

/** One app or two at a time on the real servers; the same specs on real Electron and on its stand-in. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results",
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  retries: 0,
  reporter: "list",
});
