import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./places.mjs";
import { run } from "./run.mjs";

/** Whether this is Debian or one of its kind, and packages may be installed. */
export const mayInstallByApt = () => process.getuid?.() === 0 && systemIds().includes("debian");

/** Whether this is Ubuntu or one of its kind. */
export const isUbuntu = () => systemIds().includes("ubuntu");

/**
 * Installs packages; one set-up at a time, since apt-get waits for no other that fetches lists.
 * @param {string[]} packages
 * @param {(line: string) => void} report
 */
export async function installByApt(packages, report) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const patience = ["-o", "DPkg::Lock::Timeout=300"];
  await withLock(join(cacheFolder(), "locks", "apt"), async () => {
    await run("apt-get", [...patience, "update"], { env, report });
    await run("apt-get", [...patience, "install", "-y", "--no-install-recommends", ...packages], {
      env,
      report,
    });
  });
}

/** The words of ID and ID_LIKE in os-release; none elsewhere. */
function systemIds() {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((match) =>
      (match[1] ?? "").split(" "),
    );
  } catch {
    return [];
  }
}
