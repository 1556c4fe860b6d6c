import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { SEEN } from "./support/evidence.ts";

/**
 * Every test: unit and integration by Vitest, end to end and faults by Playwright. What failed is told once more at the end, where whoever has only
 * that finds it. The last line is `N passed, N failed`.
 */
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
  /** Names, messages and evidence. */
  readonly told: readonly string[];
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
function count<R>(name: string, report: string, status: number, read: (json: R) => Count): Count {
  try {
    const { passed, failed, told } = read(JSON.parse(readFileSync(report, "utf8")) as R);
    return failed === 0 && status !== 0
      ? { passed, failed: 1, told: [`${name}: ended with ${status}`] }
      : { passed, failed, told };
  } catch (error) {
    return { passed: 0, failed: 1, told: [`${name}: no report, ${String(error)}`] };
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

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

const units = count<VitestReport>("Vitest", vitestReport, vitest, (json) => ({
  passed: json.numPassedTests,
  failed: json.numFailedTests + json.numPendingTests,
  told: json.testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message === "" ? [] : [`${relative(root, name)}\n${message}`]),
    ...assertionResults
      .filter(({ status }) => status !== "passed")
      .map((one) => [`${relative(root, name)} › ${one.fullName}`, ...(one.failureMessages ?? [])].join("\n")),
  ]),
}));

interface Suite {
  readonly suites?: readonly Suite[];
  readonly specs?: readonly {
    readonly file: string;
    readonly title: string;
    readonly ok: boolean;
    readonly tests: readonly {
      readonly results: readonly {
        readonly errors: readonly { readonly message?: string }[];
        readonly attachments: readonly { readonly name: string; readonly body?: string }[];
      }[];
    }[];
  }[];
}

interface PlaywrightReport extends Suite {
  readonly stats: Record<"expected" | "unexpected" | "flaky" | "skipped", number>;
}

/** What failed in a suite, with the text that its evidence has of each window. */
function failures({ suites = [], specs = [] }: Suite): string[] {
  const own = specs
    .filter(({ ok }) => !ok)
    .map(({ file, title, tests }) => {
      const results = tests.flatMap((one) => one.results);
      const seen = results
        .flatMap(({ attachments }) => attachments)
        .filter(({ name }) => name.startsWith(SEEN))
        .map(({ name, body = "" }) => `${name}:\n${Buffer.from(body, "base64").toString()}`);
      const errors = results.flatMap((result) => result.errors.map(({ message = "" }) => message));
      return [`${file} › ${title}`, ...errors, ...seen].join("\n");
    });
  return [...own, ...suites.flatMap(failures)];
}

/** The specs of a folder. */
function specs(name: string): Count {
  const report = join(folder, `${name}.json`);
  const status = run(
    "@playwright/test/cli.js",
    ["test", "--config", `tests/${name}/playwright.config.ts`, "--reporter=list,json"],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  );
  return count<PlaywrightReport>(name, report, status, (json) => ({
    passed: json.stats.expected,
    failed: json.stats.unexpected + json.stats.flaky + json.stats.skipped,
    told: failures(json),
  }));
}

const all = [units, specs("e2e"), specs("faults")];

rmSync(folder, { recursive: true });
const told = all.flatMap((one) => one.told);
if (told.length > 0) console.log(["", "What failed:", ...told, ""].join("\n\n"));
const sum = (of: "passed" | "failed") => all.reduce((total, one) => total + one[of], 0);
const failed = sum("failed");
console.log(`${sum("passed")} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
