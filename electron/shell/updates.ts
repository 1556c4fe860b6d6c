import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { app } from "electron";

import type { UpdatesOff } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import { updatedBy, type InstallerKind } from "../updates/origin.ts";
import type { InstallerPort } from "../updates/updates.ts";

/** How this copy of the app gets its updates. */
export async function updatedByHere(): Promise<InstallerKind | UpdatesOff> {
  const resources = process.resourcesPath;
  const packageType = join(resources, "package-type");
  const by = updatedBy({
    packaged: app.isPackaged,
    platform: process.platform,
    env: process.env,
    packageType: existsSync(packageType) ? readFileSync(packageType, "utf8").trim() : null,
    source: existsSync(join(resources, "app-update.yml")),
    uninstaller: existsSync(join(resources, `../Uninstall ${app.getName()}.exe`)),
  });
  return by === "mac" && !(await signedByApple()) ? "unsigned" : by;
}

/** Loads what fetches and installs: a large part of the app, which its start does not wait for. */
export async function openInstaller(kind: InstallerKind, log: Log): Promise<InstallerPort> {
  const { Installer } = await import("../updates/installer.ts");
  return new Installer(kind, log, relaunch);
}

/** Starts the app again once this process has ended; unhidden, and without the link that it was started with. */
export function relaunch(): void {
  app.relaunch({
    // An AppImage runs from a folder that is gone when it ends.
    execPath: process.env["APPIMAGE"] || process.execPath,
    args: process.argv.slice(1).filter((arg) => arg.startsWith("--") && arg !== "--hidden"),
  });
}

/** macOS takes an update only for an app with a signature that Apple vouches for. */
async function signedByApple(): Promise<boolean> {
  const bundle = join(process.resourcesPath, "../..");
  try {
    await promisify(execFile)("codesign", [
      "--verify",
      "--ignore-resources",
      "-R=anchor apple generic",
      bundle,
    ]);
    return true;
  } catch {
    return false;
  }
}
