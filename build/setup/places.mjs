// Where the set-up puts what it makes, and where everybody else finds it. Plain JavaScript: runs before `npm ci`.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The versions of servers and tools that the tests are written for. */
export const versions = { synapse: "1.163.2", livekit: "1.13.5", actionlint: "1.7.12" };

const { env, platform } = process;

/** The root of this checkout. */
export const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** The user's cache folder of this project; server builds in it serve all checkouts. */
export function cacheFolder() {
  return join(systemCache(), "carillon");
}

function systemCache() {
  if (platform === "darwin") return join(homedir(), "Library", "Caches");
  if (platform === "win32") return env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local");
  return env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
}

/** The servers' executables; they exist once `node build/setup.mjs servers` has run. */
export function serverPaths() {
  const windows = platform === "win32";
  return {
    synapsePython: join(
      cacheFolder(),
      `synapse-${versions.synapse}`,
      ...(windows ? ["Scripts", "python.exe"] : ["bin", "python"]),
    ),
    livekit: join(cacheFolder(), `livekit-${versions.livekit}`, windows ? "server.exe" : "server"),
  };
}

/** The linter of workflows; it exists once `node build/setup.mjs servers` has run. */
export function actionlintPath() {
  const name = platform === "win32" ? "actionlint.exe" : "actionlint";
  return join(cacheFolder(), `actionlint-${versions.actionlint}`, name);
}

/**
 * A Chromium on this machine: HOST_CHROMIUM, else an installed one, else one of Playwright's.
 * @returns {string | undefined}
 */
export function findChromium() {
  if (env["HOST_CHROMIUM"]) return env["HOST_CHROMIUM"];
  return [...installed(), ...playwrights()].find((path) => existsSync(path));
}

/**
 * A `dbus-daemon` on this machine, for a bus of the tests' own.
 * @returns {string | undefined}
 */
export function findDbusDaemon() {
  return commandPaths("dbus-daemon").find((path) => existsSync(path));
}

/** @returns {string[]} */
function installed() {
  if (platform === "darwin")
    return ["Chromium", "Google Chrome"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  if (platform === "win32")
    return ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].flatMap((name) => {
      const base = env[name];
      return base ? [join(base, "Google", "Chrome", "Application", "chrome.exe")] : [];
    });
  return ["chromium", "google-chrome", "google-chrome-stable", "chrome"].flatMap(commandPaths);
}

/** @param {string} name */
function commandPaths(name) {
  const folders = ["/usr/bin", ...(env["PATH"] ?? "").split(delimiter).filter(Boolean)];
  return folders.map((folder) => join(folder, name));
}

/** @returns {string[]} */
function playwrights() {
  const root = env["PLAYWRIGHT_BROWSERS_PATH"] || join(systemCache(), "ms-playwright");
  if (!existsSync(root)) return [];
  const mac = ["Google Chrome for Testing", "Chromium"].flatMap((name) =>
    ["chrome-mac", "chrome-mac-arm64", "chrome-mac-x64"].map((folder) =>
      join(folder, `${name}.app`, "Contents", "MacOS", name),
    ),
  );
  const inside = {
    darwin: mac,
    win32: [join("chrome-win64", "chrome.exe"), join("chrome-win", "chrome.exe")],
  }[/** @type {string} */ (platform)] ?? [join("chrome-linux64", "chrome"), join("chrome-linux", "chrome")];
  return readdirSync(root)
    .filter((name) => /^chromium-\d+$/.test(name))
    .toSorted((a, b) => Number(b.slice(9)) - Number(a.slice(9)))
    .flatMap((name) => inside.map((path) => join(root, name, path)));
}
