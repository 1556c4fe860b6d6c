import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { cacheFolder, checkout } from "./places.mjs";
import { step } from "./progress.mjs";
import { run } from "./run.mjs";

/** Runs `npm ci` when node_modules is not what package-lock.json says, and sees to Node 24 in it. */
export async function installPackages() {
  if (isInstalled()) return;
  await withCheckoutLock(async () => {
    if (!lockIsMet()) await step("npm packages", (report) => npm(["ci", "--no-audit", "--no-fund"], report));
    if (existsSync(nodeBinary())) return;
    // npm ran no install scripts, by its own settings or the user's.
    await step("Node 24", (report) =>
      run(process.execPath, ["installArchSpecificPackage.js"], {
        cwd: join(checkout, "node_modules", "node"),
        report,
      }),
    );
    if (!existsSync(nodeBinary()))
      throw new Error('npm brought no Node 24; run "npm rebuild node" with install scripts allowed');
  });
}

/**
 * One set-up at a time changes this checkout.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function withCheckoutLock(work) {
  const id = createHash("sha256").update(checkout).digest("hex").slice(0, 16);
  return withLock(join(cacheFolder(), "locks", `checkout-${id}`), work);
}

function isInstalled() {
  return lockIsMet() && existsSync(nodeBinary());
}

function nodeBinary() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  return join(checkout, "node_modules", "node", "bin", name);
}

// npm writes node_modules/.package-lock.json when an installation is complete; packages for other systems are not in it.
function lockIsMet() {
  const wanted = packagesOf(join(checkout, "package-lock.json"));
  const present = packagesOf(join(checkout, "node_modules", ".package-lock.json"));
  if (!wanted || !present) return false;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const there = present[path];
    if (there ? there.version !== version : !optional) return false;
  }
  return true;
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * @param {string[]} args
 * @param {(line: string) => void} report
 */
function npm(args, report) {
  /** @param {string} line */
  const tell = (line) => void (/^npm (warn|notice)/.test(line) || report(line));
  const cli = process.env["npm_execpath"];
  if (cli?.endsWith("npm-cli.js"))
    return run(process.execPath, [cli, ...args], { cwd: checkout, report: tell });
  return run("npm", args, { cwd: checkout, report: tell, shell: process.platform === "win32" });
}
