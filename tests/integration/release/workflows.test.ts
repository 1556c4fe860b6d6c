import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { actionlintPath } from "../../../build/setup/places.mjs";

const root = resolve(import.meta.dirname, "../../..");
const folder = join(root, ".github/workflows");
const workflows = readdirSync(folder).map(
  (name) => [name, readFileSync(join(folder, name), "utf8")] as const,
);

/** Rejects with the faults found. What it would ask other tools of, it leaves: they are not on every machine. */
const lint = (...files: readonly string[]) =>
  promisify(execFile)(actionlintPath(), ["-no-color", "-shellcheck=", "-pyflakes=", ...files], { cwd: root });

/** All that a pattern's group finds in a text. */
const every = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = ""]) => found);

describe("actionlint", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "carillon-workflow-"));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  test("finds nothing in the workflows", async () => {
    expect(workflows.length).toBeGreaterThan(1);
    await lint(...workflows.map(([name]) => join(folder, name)));
  });

  const lintWith = async (from: string, to: string) => {
    const good = readFileSync(join(folder, "release.yml"), "utf8");
    expect(good).toContain(from);
    writeFileSync(join(scratch, "release.yml"), good.replace(from, to));
    return lint(join(scratch, "release.yml"));
  };

  test.each([
    ["needs: app", "needs: nothing", "which does not exist in this workflow"],
    ["os: windows-11-arm,", "os: windows-3,", 'label "windows-3" is unknown'],
    ["matrix.args", "matrix.arguments", 'property "arguments" is not defined'],
    ["attestations: write", "attest: write", 'unknown permission scope "attest"'],
    ['"$GITHUB_REF_NAME"\n', "${{ github.event.head_commit.message }}\n", "potentially untrusted"],
    ["    runs-on: ubuntu-24.04\n", "", '"runs-on" section is missing'],
    ["jobs:", "jobs", "could not parse as YAML"],
  ])("finds what is wrong where %j becomes %j", async (from, to, fault) => {
    await lintWith("# Nothing is taken", "# Nothing is taken");
    await expect(lintWith(from, to)).rejects.toMatchObject({ stdout: expect.stringContaining(fault) });
  });
});

/** What is wrong with how a workflow names actions: each is pinned by its commit, with its version in a comment. */
const unpinned = (text: string) =>
  every(text, /^\s*-?\s*uses:\s*(.+)$/gm).filter(
    (used) =>
      !/^(\.\/\.github\/workflows\/\w+\.yml|[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/.test(used),
  );

/** The files and npm scripts that a workflow's commands name and the project does not have. */
function missing(text: string): string[] {
  // npm's own format, of our own file.
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  return [
    ...every(text, /\b(?:node|bash) ([\w./-]+)/g).filter((path) => !existsSync(join(root, path))),
    ...every(text, /\bnpm run ([\w:-]+)/g).filter((name) => !(name in scripts)),
    ...every(text, /\buses: \.\/([\w./-]+)/g).filter((path) => !existsSync(join(root, path))),
  ];
}

describe.each(workflows)("%s", (_name, text) => {
  test("pins every action by its commit", () => {
    expect(unpinned(text)).toEqual([]);
  });

  test("names no script that is not there", () => {
    expect(every(text, /\b(?:node|bash) ([\w./-]+)/g).length).toBeGreaterThan(1);
    expect(missing(text)).toEqual([]);
  });

  test("leaves nothing of the checkout's token on the disk", () => {
    expect(every(text, /(uses: actions\/checkout@)/g)).toHaveLength(
      every(text, /(persist-credentials: false)/g).length,
    );
  });

  test("gives each job a time and no more than reading, unless it says so", () => {
    const machines = every(text, /^ {4}(runs-on): /gm).length;
    expect(every(text, /^ {4}(timeout-minutes): \d+$/gm)).toHaveLength(machines);
    expect(text).toMatch(/^permissions: \{ contents: read \}$/m);
    expect(text).toMatch(/^concurrency: /m);
  });
});

test("an action at a tag or without its version, and a script that is not there, would be found", () => {
  const commit = "3d3c42e5aac5ba805825da76410c181273ba90b1";
  expect(unpinned(`      - uses: actions/checkout@v7\n`)).toEqual(["actions/checkout@v7"]);
  expect(unpinned(`        uses: actions/checkout@${commit}\n`)).toHaveLength(1);
  expect(unpinned(`      - uses: actions/checkout@${commit} # v7.0.1\n`)).toEqual([]);
  expect(missing("run: node build/release/none.ts && npm run nothing && bash .ci/none")).toEqual([
    "build/release/none.ts",
    ".ci/none",
    "nothing",
  ]);
});

test("secrets are seen by the one step that signs, and only where the platform needs them", () => {
  for (const [name, text] of workflows) {
    const naming = text.split("\n").filter((line) => line.includes("secrets."));
    if (name !== "release.yml") expect(naming).toEqual([]);
    else
      for (const line of naming)
        expect(line).toMatch(
          /^ {10}(\w+): \$\{\{ runner\.os == '(Windows|macOS)' && secrets\.\1 \|\| '' \}\}$/,
        );
  }
  const release = readFileSync(join(folder, "release.yml"), "utf8");
  const [, signing = ""] = /installers\.ts .*\n {8}env:\n((?: {10}.*\n)+)/.exec(release) ?? [];
  expect(every(signing, /(secrets\.)/g)).toHaveLength(every(release, /(secrets\.)/g).length);
});

test("the spec that runs on Windows is there", () => {
  const [, file, title = ""] =
    /npm run e2e -- ([\w-]+) --grep "([^"]+)"/.exec(readFileSync(join(folder, "ci.yml"), "utf8")) ?? [];
  expect(readFileSync(join(root, `tests/e2e/${file}.spec.ts`), "utf8")).toContain(`test("${title}"`);
});
