import { defineConfig } from "@playwright/test";

/**
 * Each worker has servers and a pair of callers of its own. Two calls keep two cores busy: with a third it takes an eighth less, and people are back
 * later than the fault makes them.
 */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/faults",
  workers: 2,
  fullyParallel: true,
  timeout: 240_000,
  expect: { timeout: 90_000 },
  forbidOnly: true,
  retries: 0,
  reporter: "list",
});
