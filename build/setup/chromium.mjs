import { join } from "node:path";
import { installByApt, isUbuntu, mayInstallByApt } from "./apt.mjs";
import { withLock } from "./lock.mjs";
import { cacheFolder, checkout, findChromium } from "./places.mjs";
import { step } from "./progress.mjs";
import { run } from "./run.mjs";

/**
 * A Chromium, found or installed. Throws with the command to run when it can do neither.
 * @returns {Promise<string>} its path
 */
export async function installChromium() {
  return findChromium() ?? withLock(join(cacheFolder(), "locks", "chromium"), install);
}

async function install() {
  const there = findChromium();
  if (there) return there;
  const apt = mayInstallByApt();
  /** @type {string[]} */
  const failures = [];
  // Ubuntu's package is a snap, which needs more than apt.
  if (apt && !isUbuntu())
    await step("Chromium by apt", (report) => installByApt(["chromium", "fonts-liberation"], report)).catch(
      note(failures),
    );
  if (!findChromium())
    await step("Chromium by Playwright", (report) => withPlaywright(apt, report)).catch(note(failures));
  const found = findChromium();
  if (!found) failures.push("- nothing was installed");
  else
    await run(found, ["--version"])
      .then(() => failures.splice(0))
      .catch(note(failures));
  if (found && failures.length === 0) return found;
  throw new Error(
    [
      "there is no Chromium. Install one, for instance by",
      "  sudo apt-get install chromium",
      "  npx playwright install --with-deps chromium",
      "or name one in the environment variable HOST_CHROMIUM. What was tried:",
      ...failures,
    ].join("\n"),
  );
}

/**
 * @param {boolean} libraries whether it may install the system libraries too
 * @param {(line: string) => void} report
 */
async function withPlaywright(libraries, report) {
  const cli = join(checkout, "node_modules", "@playwright", "test", "cli.js");
  await run(process.execPath, [cli, "install", ...(libraries ? ["--with-deps"] : []), "chromium"], {
    report,
  });
}

/** @param {string[]} failures */
function note(failures) {
  return (/** @type {unknown} */ error) => {
    const [first, ...rest] = (error instanceof Error ? error.message : String(error)).split("\n");
    failures.push([`- ${first}`, ...rest.slice(-3)].join("\n  "));
  };
}
