import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { Arch, build, Platform } from "electron-builder";
import * as v from "valibot";

import { platforms, stubElectron, type Platform as System } from "../../build/package/stub-electron.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const version = String(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);

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

const computed = v.object({ desktop: v.string(), desktopFileName: v.string() });

type Build = (platform: System, output: string, ...args: readonly string[]) => Promise<unknown>;

/** electron-builder as a function: it finds a stub of Electron, and a stand-in for fpm, in a folder. */
function builder(folder: string, stubs: readonly System[]): Build {
  const electron = join(folder, "electron");
  for (const platform of stubs) stubElectron(root, platform, join(electron, platform));
  const fpm = join(folder, "fpm");
  const standIn = join(root, "tests/package/fpm.ts");
  writeFileSync(fpm, `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`, { mode: 0o755 });
  return (platform, output, ...args) =>
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
}

const debIn = (out: string) => join(out, `carillon-${version}-linux-amd64.deb`);

/** Makes a deb in a folder, and returns its path. */
export async function buildDeb(folder: string): Promise<string> {
  const out = join(folder, "dist");
  await builder(folder, ["linux"])("linux", out, "--linux", "deb", "--x64");
  return debIn(out);
}

/** Makes all of them in a folder, two at a time. */
export async function buildAll(folder: string): Promise<Builds> {
  const make = builder(folder, platforms);
  const out = join(folder, "dist");
  await Promise.all([
    make("linux", out, "--linux", "deb", "rpm", "--x64"),
    make("win32", out, "--win", "--dir", "--x64")
      .then(() => make("darwin", out, "--mac", "--dir", "--x64"))
      .then(() => make("linux", join(folder, "again"), "--linux", "--dir", "--arm64")),
  ]);
  return {
    linux: join(out, "linux-unpacked"),
    windows: join(out, "win-unpacked"),
    mac: join(out, "mac/Carillon.app"),
    again: join(folder, "again/linux-arm64-unpacked"),
    deb: debIn(out),
    rpm: join(out, `carillon-${version}-linux-x86_64.rpm`),
  };
}

/** The desktop entry that an AppImage gets; the tools that would make the rest of one are not asked. */
export async function appImageEntry(folder: string): Promise<{ name: string; entry: string }> {
  let said: unknown;
  await build({
    projectDir: root,
    targets: Platform.LINUX.createTarget("AppImage", Arch.x64),
    publish: "never",
    config: {
      extends: join(root, "electron-builder.yml"),
      electronDist: join(folder, "electron/linux"),
      directories: { output: join(folder, "appimage") },
    },
    effectiveOptionComputed: async (options) => {
      said = options;
      return true;
    },
  });
  const { desktop, desktopFileName } = v.parse(computed, said);
  return { name: desktopFileName, entry: desktop };
}
