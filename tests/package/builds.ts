import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { platforms, stubElectron } from "../../build/package/stub-electron.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** What electron-builder made of out/ for each system, around a stub in Electron's place. */
export interface Builds {
  /** Unpacked, with a binary that is no Electron. */
  readonly linux: string;
  readonly windows: string;
  readonly mac: string;
  /** A second build for Linux, of another architecture. */
  readonly again: string;
  /** A real one. */
  readonly deb: string;
  /** The arguments that fpm would make it with, as JSON. */
  readonly rpm: string;
}

/** Makes all of them in a folder, two at a time. */
export async function buildAll(folder: string): Promise<Builds> {
  const electron = join(folder, "electron");
  for (const platform of platforms) stubElectron(root, platform, join(electron, platform));
  const fpm = join(folder, "fpm");
  const standIn = join(root, "tests/package/fpm.ts");
  mkdirSync(folder, { recursive: true });
  writeFileSync(fpm, `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`, { mode: 0o755 });
  const out = join(folder, "dist");
  const build = (platform: (typeof platforms)[number], output: string, ...args: string[]) =>
    run(
      process.execPath,
      [
        join(root, "node_modules/electron-builder/cli.js"),
        ...args,
        "--publish",
        "never",
        "--projectDir",
        root,
        `-c.electronDist=${join(electron, platform)}`,
        `-c.directories.output=${output}`,
        "-c.publish.provider=generic",
        "-c.publish.url=https://updates.invalid/",
      ],
      { cwd: root, env: { ...process.env, CUSTOM_FPM_PATH: fpm } },
    );
  await Promise.all([
    build("linux", out, "--linux", "deb", "rpm", "--x64"),
    build("win32", out, "--win", "--dir", "--x64")
      .then(() => build("darwin", out, "--mac", "--dir", "--x64"))
      .then(() => build("linux", join(folder, "again"), "--linux", "--dir", "--arm64")),
  ]);
  return {
    linux: join(out, "linux-unpacked"),
    windows: join(out, "win-unpacked"),
    mac: join(out, "mac/Carillon.app"),
    again: join(folder, "again/linux-arm64-unpacked"),
    deb: join(out, "carillon-0.1.0-linux-amd64.deb"),
    rpm: join(out, "carillon-0.1.0-linux-x86_64.rpm"),
  };
}
