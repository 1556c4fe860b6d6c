import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withCheckoutLock } from "./packages.mjs";
import { cacheFolder, checkout } from "./places.mjs";
import { step } from "./progress.mjs";
import { run } from "./run.mjs";

const folder = join(checkout, "node_modules", "electron");
const stuckMs = 20_000;
const forgetMs = 24 * 60 * 60 * 1000;

/** Whether Electron's own binary is there; else tries to fetch it, shortly, and not again for a day. */
export async function installElectron() {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (isInstalled(version)) return true;
  const failed = join(cacheFolder(), `electron-${version}-cannot-be-fetched`);
  if (existsSync(failed) && Date.now() - statSync(failed).mtimeMs < forgetMs) return false;
  return withCheckoutLock(async () => {
    if (isInstalled(version)) return true;
    try {
      await step(`Electron ${version}`, download);
      if (isInstalled(version)) return true;
    } catch {
      // Its absence is what the caller says to the user; the stand-in takes over.
    }
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(failed, "delete this file to try again at once\n");
    return false;
  });
}

/** @param {string} version */
function isInstalled(version) {
  try {
    const binary = readFileSync(join(folder, "path.txt"), "utf8");
    const present = readFileSync(join(folder, "dist", "version"), "utf8")
      .trim()
      .replace(/^v/, "");
    return present === version && existsSync(join(folder, "dist", binary));
  } catch {
    return false;
  }
}

/**
 * Electron's installer says nothing while it loads; so it counts as stuck when its files stop growing.
 * @param {(line: string) => void} report
 */
async function download(report) {
  const temporary = mkdtempSync(join(tmpdir(), "carillon-electron-"));
  const stuck = new AbortController();
  let size = -1;
  let since = Date.now();
  const watch = setInterval(() => {
    const now = sizeOf(temporary) + sizeOf(join(folder, "dist"));
    if (now > size) [size, since] = [now, Date.now()];
    else if (Date.now() - since > stuckMs) stuck.abort();
    report(`${Math.round(now / 1e6)} MB`);
  }, 500);
  try {
    await run(process.execPath, [join(folder, "install.js")], {
      env: { TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      signal: stuck.signal,
    });
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * @param {string} path a folder that may change or go away meanwhile
 * @returns {number}
 */
function sizeOf(path) {
  try {
    let size = 0;
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      size += entry.isDirectory() ? sizeOf(inner) : statSync(inner).size;
    }
    return size;
  } catch {
    return 0;
  }
}
