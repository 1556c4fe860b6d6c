import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { app } from "electron";

import type { LoginItem } from "../ports.ts";
import { APP_ID } from "./app-id.ts";
import { autostartEntry, startsAtLogin } from "./autostart.ts";

const HIDDEN = "hidden";

/** Starts the app at login, with no window. */
export const electronLoginItem: LoginItem = {
  async isOn() {
    if (process.platform === "linux") return readAutostart();
    if (process.platform === "darwin") {
      const { openAtLogin, status } = app.getLoginItemSettings();
      return openAtLogin && status !== "requires-approval";
    }
    const [path, ...args] = command();
    const { openAtLogin, executableWillLaunchAtLogin } = app.getLoginItemSettings({ path, args });
    // The task manager leaves the entry, and turns it off beside it.
    return openAtLogin && executableWillLaunchAtLogin;
  },
  async set(on) {
    if (process.platform === "linux") return setAutostart(on);
    const [path, ...args] = command();
    app.setLoginItemSettings({
      openAtLogin: on,
      // macOS takes no arguments: it tells the app itself that it was opened at login.
      ...(process.platform === "win32" ? { path, args } : {}),
    });
  },
};

/** Whether the app was started by the login item: it shows no window until it is asked to. */
export const startedHidden = (): boolean =>
  app.commandLine.hasSwitch(HIDDEN) ||
  (process.platform === "darwin" && app.getLoginItemSettings().wasOpenedAtLogin);

async function setAutostart(on: boolean): Promise<void> {
  const file = autostartFile();
  if (!on) return rm(file, { force: true });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, autostartEntry(command()));
}

async function readAutostart(): Promise<boolean> {
  try {
    return startsAtLogin(await readFile(autostartFile(), "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function autostartFile(): string {
  const config = process.env["XDG_CONFIG_HOME"] || join(app.getPath("home"), ".config");
  return join(config, `autostart/${APP_ID}.desktop`);
}

/** What starts this app; one that is not packaged is an argument of Electron's. */
function command(): [string, ...string[]] {
  // An AppImage runs from a folder that is gone when it ends.
  const executable = process.env["APPIMAGE"] || process.execPath;
  return [executable, ...(app.isPackaged ? [] : [app.getAppPath()]), `--${HIDDEN}`];
}
