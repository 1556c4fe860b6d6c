import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder, withLock } from "./lock.mjs";
import { actionlintPath, cacheFolder, serverPaths, versions } from "./places.mjs";
import { print, step } from "./progress.mjs";
import { run } from "./run.mjs";

const paths = serverPaths();

/** Synapse in a virtual environment of the cache folder. */
export async function installSynapse() {
  await once("Synapse", paths.synapsePython, async () => {
    const python = await findPython();
    const target = dirname(dirname(paths.synapsePython));
    await step(`Synapse ${versions.synapse}`, (report) =>
      makeFolder(target, async (folder) => {
        await run(python, ["-m", "venv", folder], { report });
        const own = paths.synapsePython.replace(target, folder);
        await run(own, ["-m", "pip", "install", "--no-input", `matrix-synapse==${versions.synapse}`], {
          env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" },
          report,
        });
        await run(own, ["-c", "import synapse.app.homeserver"], { report });
      }),
    );
  });
}

/** LiveKit, built from its source into the cache folder. */
export async function installLivekit() {
  const source = `github.com/livekit/livekit-server/cmd/server@v${versions.livekit}`;
  await installByGo("LiveKit", versions.livekit, source, paths.livekit);
}

/** actionlint, by which the tests read the workflows of CI. */
export async function installActionlint() {
  const source = `github.com/rhysd/actionlint/cmd/actionlint@v${versions.actionlint}`;
  await installByGo("actionlint", versions.actionlint, source, actionlintPath());
}

/**
 * @param {string} name
 * @param {string} version
 * @param {string} source the Go module's command
 * @param {string} path
 */
async function installByGo(name, version, source, path) {
  await once(name, path, async () => {
    await mustHaveGo(name);
    await step(`${name} ${version}`, (report) =>
      makeFolder(dirname(path), async (folder) => {
        await run("go", ["install", "-v", source], { env: { GOBIN: folder }, report });
      }),
    );
  });
}

/**
 * @param {string} name
 * @param {string} path what exists when it is done; a broken link does not
 * @param {() => Promise<void>} make
 */
async function once(name, path, make) {
  if (existsSync(path)) return;
  await withLock(
    join(cacheFolder(), "locks", name.toLowerCase()),
    async () => {
      if (!existsSync(path)) await make();
    },
    () => print(`${name}: another set-up is making it; waiting`),
  );
}

const pythonCheck = `
import sys, sqlite3, venv, ensurepip
sys.exit(0 if sys.version_info >= (3, 10) and sqlite3.sqlite_version_info >= (3, 40) else 1)`;

async function findPython() {
  const names = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
  for (const name of names) {
    const fits = await run(name, ["-c", pythonCheck]).then(
      () => true,
      () => false,
    );
    if (fits) return name;
  }
  throw new Error(
    "Synapse needs Python 3.10 or newer with venv and SQLite 3.40 or newer. Install it, for instance by\n" +
      "  sudo apt-get install python3 python3-venv      (Debian, Ubuntu)\n" +
      "  brew install python                            (macOS)",
  );
}

/** @param {string} name */
async function mustHaveGo(name) {
  const version = await run("go", ["env", "GOVERSION"]).catch(() => "none");
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version.trim()) ?? []).map(Number);
  if (major > 1 || (major === 1 && minor >= 26)) return;
  throw new Error(
    `${name} needs Go 1.26 or newer; here is ${version.trim()}. Install it from https://go.dev/dl/ and put it on the PATH.`,
  );
}
