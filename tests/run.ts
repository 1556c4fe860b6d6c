import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every test: unit and integration by Vitest, end to end and faults by Playwright. The last line is `N passed, N failed`. */
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(scratch(), "carillon-tests-"));

/** In memory, where there is room: homeservers and apps wait for the disk at each commit, of data that nobody reads again. */
function scratch(): string {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= 8 * 2 ** 30 ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

function run(tool: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const entry = join(root, "node_modules", tool);
  return (
    spawnSync(process.execPath, [entry, ...args], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, TMPDIR: folder, ...env },
    }).status ?? 1
  );
}

/** Reads a report; one that is not there, or a run that failed with no failed test, counts as a failure itself. */
function count(report: string, status: number, read: (json: Record<string, unknown>) => Count): Count {
  try {
    const { passed, failed } = read(JSON.parse(readFileSync(report, "utf8")) as Record<string, unknown>);
    return { passed, failed: failed === 0 && status !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const vitestReport = join(folder, "vitest.json");
const vitest = run("vitest/vitest.mjs", [
  "run",
  "--config",
  "build/vitest.config.ts",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${vitestReport}`,
]);
const units = count(vitestReport, vitest, (json) => ({
  passed: Number(json["numPassedTests"]),
  failed: Number(json["numFailedTests"]) + Number(json["numPendingTests"]),
}));

/** The specs of a folder. */
function specs(name: string): Count {
  const report = join(folder, `${name}.json`);
  const status = run(
    "@playwright/test/cli.js",
    ["test", "--config", `tests/${name}/playwright.config.ts`, "--reporter=list,json"],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  );
  return count(report, status, (json) => {
    const stats = json["stats"] as Record<"expected" | "unexpected" | "flaky" | "skipped", number>;
    return { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped };
  });
}

const all = [units, specs("e2e"), specs("faults")];

rmSync(folder, { recursive: true });
const sum = (of: keyof Count) => all.reduce((total, one) => total + one[of], 0);
const failed = sum("failed");
console.log(`${sum("passed")} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
