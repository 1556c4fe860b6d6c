import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;
const common = { plugins: [svelte({ configFile: false })], resolve: { conditions: ["browser"] } };

/** Nothing is waited for in vain; a machine that does much else besides may be slow. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  root,
  test: {
    projects: [
      // One process for many files: half of their work was to load the same modules again.
      {
        ...common,
        root,
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.ts"],
          isolate: false,
          maxWorkers: 2,
          ...patience,
        },
      },
      // Real servers and processes, each file with its own: much of their time is waiting.
      {
        root,
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts", "tests/host/**/*.test.ts"],
          maxWorkers: 2,
          ...patience,
        },
      },
    ],
  },
});
