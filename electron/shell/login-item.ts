import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { app } from "electron";

import type { LoginItem } from "../ports.ts";
import { autostartEntry } from "./autostart.ts";

const HIDDEN = "hidden";

/** Starts the app at login, with no window. */
export const electronLoginItem: LoginItem = {
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
  const folder = join(process.env["XDG_CONFIG_HOME"] || join(app.getPath("home"), ".config"), "autostart");
  const file = join(folder, "im.carillon.Carillon.desktop");
  if (!on) return rm(file, { force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(file, autostartEntry(command()));
}

/** What starts this app; one that is not packaged is an argument of Electron's. */
function command(): [string, ...string[]] {
  // An AppImage runs from a folder that is gone when it ends.
  const executable = process.env["APPIMAGE"] || process.execPath;
  return [executable, ...(app.isPackaged ? [] : [app.getAppPath()]), `--${HIDDEN}`];
}
