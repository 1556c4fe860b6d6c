import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

export interface ElectronBinary {
  /** The executable. */
  readonly path: string;
  /** True where it is the project's stand-in (tests/host) and not Electron. */
  readonly standIn: boolean;
}

const names: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "Electron.app/Contents/MacOS/Electron",
  win32: "electron.exe",
};

/**
 * Electron's binary where it is on this machine, else the stand-in. Loads nothing of npm's `electron`, which would
 * start a download. `ELECTRON_OVERRIDE_DIST_PATH` names another folder to look in, as for npm's `electron`.
 */
export function electronBinary(): ElectronBinary {
  const root = resolve(import.meta.dirname, "..");
  const standIn = join(root, "tests/host/bin/electron");
  const folder = dirname(createRequire(import.meta.url).resolve("electron/package.json"));
  const pathFile = join(folder, "path.txt");
  const name = existsSync(pathFile)
    ? readFileSync(pathFile, "utf8")
    : (names[process.platform] ?? "electron");
  const override = process.env["ELECTRON_OVERRIDE_DIST_PATH"];
  const path = resolve(override || join(folder, "dist"), name);
  return existsSync(path) ? { path, standIn: path === standIn } : { path: standIn, standIn: true };
}
