// Several set-ups may run at once, from several checkouts, and any may be killed at any time. So each thing is made in
// a folder of its own and renamed into place when it is whole; a lock only keeps two from doing the same work.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

const beatMs = 5_000;
const staleMs = 30_000;

/**
 * Does `work` while no other set-up holds the lock of that path. A holder that died or went silent counts no more.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] told once when somebody else holds it
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !tryLock(path); waited = true) {
    if (!waited) onWait?.();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Somebody took the lock over while this process slept; both finish, see above.
    }
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function tryLock(path) {
  if (existsSync(path) && isStale(path)) rmSync(path, { force: true });
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** @param {string} path */
function isStale(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // An empty lock is one that is just being written.
    if (pid > 0 && !isAlive(pid)) return true;
    return Date.now() - statSync(path).mtimeMs > staleMs;
  } catch {
    return false;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/**
 * Makes a folder whole or not at all: `make` fills a new one beside it, which then takes its name.
 * @param {string} target
 * @param {(folder: string) => Promise<void>} make
 */
export async function makeFolder(target, make) {
  const parent = dirname(target);
  mkdirSync(parent, { recursive: true });
  const prefix = `${basename(target)}.making-`;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length))))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
  const making = join(parent, `${prefix}${process.pid}`);
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making);
  try {
    await make(making);
    // What is there is broken, else nobody would make it anew.
    rmSync(target, { recursive: true, force: true });
    renameSync(making, target);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
