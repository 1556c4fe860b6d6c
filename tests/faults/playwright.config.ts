import { defineConfig } from "@playwright/test";

/** Each worker has servers and a pair of callers of its own; most of the time they wait for something. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/faults",
  workers: 3,
  fullyParallel: true,
  timeout: 240_000,
  expect: { timeout: 90_000 },
  forbidOnly: true,
  retries: 0,
  reporter: "list",
});
