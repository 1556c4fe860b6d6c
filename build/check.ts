// `npm run check`: types, Svelte, lint, format, unused code. One line for each; the output of what fails.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

type Part = { name: string; tool: string; args: string[] };

const root = join(import.meta.dirname, "..");
const standIn = "tests/host/tsconfig.app.json";

const parts: Part[] = [
  { name: "types", tool: "tsc", args: ["-b"] },
  {
    name: "svelte",
    tool: "svelte-check",
    args: ["--tsconfig", "renderer/tsconfig.json", "--output", "human", "--fail-on-warnings"],
  },
  { name: "format", tool: "prettier", args: ["--check", "--log-level", "warn", "."] },
  { name: "unused", tool: "knip", args: ["--no-progress"] },
  { name: "lint", tool: "oxlint", args: ["--deny-warnings"] },
];
if (existsSync(join(root, standIn)))
  parts.push({ name: "stand-in against Electron's types", tool: "tsc", args: ["-p", standIn, "--noEmit"] });

const packages: Record<string, string> = { tsc: "typescript" };

// The tool's own JavaScript: no shell, no .cmd, the same on every system.
function binary(tool: string): string {
  const folder = join(root, "node_modules", packages[tool] ?? tool);
  // npm's own format: `bin` is one path or a table of them.
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  const path = typeof bin === "string" ? bin : bin[tool];
  if (path === undefined) throw new Error(`${folder} has no ${tool}`);
  return join(folder, path);
}

function check({ name, tool, args }: Part): Promise<boolean> {
  const since = performance.now();
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [binary(tool), ...args],
      { cwd: root, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const seconds = ((performance.now() - since) / 1000).toFixed(1);
        console.log(`${error ? "FAILED" : "ok    "} ${name} (${seconds} s)`);
        if (error) console.log(`${stdout}${stderr}`.trimEnd() || error.message);
        resolve(error === null);
      },
    );
  });
}

let failed = 0;
const waiting = [...parts];
async function work(): Promise<void> {
  for (let part = waiting.shift(); part; part = waiting.shift()) if (!(await check(part))) failed++;
}
await Promise.all(Array.from({ length: Math.min(parts.length, availableParallelism()) }, work));
if (failed > 0) {
  console.log(`${failed} of ${parts.length} checks failed`);
  process.exitCode = 1;
}
