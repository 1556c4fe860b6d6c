import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test as base } from "@playwright/test";

import { faults } from "./faults.ts";
import { Lane } from "./lane.ts";
import { Scene } from "./scene.ts";

/** One file for each fault, for whoever wants the table. */
const results = join(import.meta.dirname, "../../test-results/fault-table");

const test = base.extend<object, { lane: Lane }>({
  lane: [
    // Playwright reads which fixtures are wanted off this pattern.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const lane = await Lane.open();
      await use(lane);
      await lane.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

// The apps are stopped by signals and looked at in /proc.
test.skip(process.platform !== "linux", "on Linux only");

for (const [at, fault] of faults.entries()) {
  test(fault.name, async ({ lane }, info) => {
    const scene = await Scene.begin(lane, `Fault ${at + 1}`);
    try {
      await scene.whole();
      await fault.run(scene);
      const outcome = await scene.outcome();
      mkdirSync(results, { recursive: true });
      writeFileSync(
        join(results, `${String(at).padStart(2, "0")}.json`),
        JSON.stringify({ name: fault.name, ...outcome }, null, 2),
      );
      if (fault.userSees) expect(outcome.userSaw.join("\n")).toMatch(fault.userSees);
      if (fault.othersSee) expect(outcome.othersSaw.join("\n")).toMatch(fault.othersSee);
    } catch (error) {
      await scene.attachEvidence(info);
      throw error;
    } finally {
      await scene.end();
    }
  });
}
