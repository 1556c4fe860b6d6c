import { chmodSync, closeSync, copyFileSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";

import { AppImageUpdater } from "electron-updater";

/**
 * Puts the new AppImage in the old one's place whole or not at all: electron-updater removes the old one first, and a full
 * disk would leave nothing. It keeps the file's name too, which menus and the autostart entry know.
 */
export class WholeAppImageUpdater extends AppImageUpdater {
  readonly #relaunch: () => void;

  constructor(relaunch: () => void) {
    super();
    this.#relaunch = relaunch;
  }

  protected override doInstall({ isForceRunAfter }: { readonly isForceRunAfter: boolean }): boolean {
    const running = process.env["APPIMAGE"];
    const downloaded = this.installerPath;
    if (!running || downloaded === null) throw new Error("no AppImage to replace, or none to replace it");
    const beside = `${running}.new`;
    try {
      copyFileSync(downloaded, beside);
      chmodSync(beside, 0o755);
      const file = openSync(beside, "r+");
      fsyncSync(file);
      closeSync(file);
      renameSync(beside, running);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
    // Only once this one has ended: while it lives, a second one would hand over to it.
    if (isForceRunAfter) this.#relaunch();
    return true;
  }
}
