import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

import {
  CancellationToken,
  DebUpdater,
  MacUpdater,
  NsisUpdater,
  RpmUpdater,
  type UpdateDownloadedEvent,
} from "electron-updater";

import type { Release, UpdateChannel } from "../../shared/updates/updates.ts";
import type { Log } from "../log.ts";
import { WholeAppImageUpdater } from "./app-image.ts";
import { mayGoBack, readFeed, type Feed } from "./feed.ts";
import type { InstallerKind } from "./origin.ts";

/** Fetches and installs what the update server has. Loaded where the app updates itself, and nowhere else. */
export class Installer {
  readonly #updater: Updater;
  readonly #kind: InstallerKind;
  #feed: Feed | null = null;
  #file: string | null = null;
  #token = new CancellationToken();
  /** One at a time: electron-updater answers a second check with the first one's result. */
  #last: Promise<unknown> = Promise.resolve();

  /** `relaunch`: starts the app again once this process has ended. */
  constructor(kind: InstallerKind, log: Log, relaunch: () => void) {
    this.#kind = kind;
    this.#updater = updaterOf(kind, relaunch);
    const updater = this.#updater;
    updater.logger = log;
    updater.autoDownload = false;
    // Ours to decide; macOS installs at the end of the app what was handed to it, and nothing else there can.
    updater.autoInstallOnAppQuit = kind === "mac";
    updater.disableWebInstaller = true;
    // Choice: the whole file. Why: the reads of a partial download cannot be cancelled. Cost: some 100 MB for each release.
    updater.disableDifferentialDownload = true;
    updater.on("update-downloaded", (event: UpdateDownloadedEvent) => (this.#file = event.downloadedFile));
    // It is also thrown; without a listener it would end the process.
    updater.on("error", () => {});
  }

  /** False where the system asks for a password first. */
  get quiet(): boolean {
    return this.#kind !== "deb" && this.#kind !== "rpm";
  }

  /** The release to go to, or null. @throws whatever `failureOf` reads */
  check(channel: UpdateChannel): Promise<Release | null> {
    return this.#alone(async () => {
      const updater = this.#updater;
      this.#feed = null;
      this.#file = null;
      updater.channel = channel;
      updater.allowPrerelease = channel === "beta";
      // Setting a channel allows it.
      updater.allowDowngrade = mayGoBack(updater.currentVersion.version, channel);
      const found = await updater.checkForUpdates();
      if (!found?.isUpdateAvailable) return null;
      this.#feed = readFeed(found.updateInfo);
      return this.#feed.release;
    });
  }

  /** @throws whatever `failureOf` reads */
  download(onProgress: (percent: number) => void): Promise<void> {
    return this.#alone(async () => {
      if (this.#feed === null) throw new Error("nothing was found");
      this.#token = new CancellationToken();
      const progressed = ({ percent }: { percent: number }) => onProgress(Math.floor(percent));
      this.#updater.on("download-progress", progressed);
      try {
        await this.#updater.downloadUpdate(this.#token);
      } finally {
        this.#updater.off("download-progress", progressed);
      }
      await this.#verify();
    });
  }

  cancel(): void {
    this.#token.cancel();
  }

  /**
   * Puts the release in the place of the app, which is to end then. True where the system ends it by itself.
   * @throws whatever `failureOf` reads; what is installed is then as it was
   */
  async install(restart: boolean): Promise<boolean> {
    // The file lay where any program of the user could write.
    await this.#verify();
    const updater = this.#updater;
    if (updater instanceof MacUpdater) {
      if (restart) updater.quitAndInstall();
      return restart;
    }
    let cause: unknown;
    const failed = (error: Error) => (cause = error);
    updater.on("error", failed);
    const installed = updater.install(true, restart);
    updater.off("error", failed);
    if (!installed) throw cause ?? new Error("not installed");
    return false;
  }

  async #verify(): Promise<void> {
    if (this.#file === null || this.#feed === null) throw new Error("nothing was downloaded");
    const hash = createHash("sha512");
    await pipeline(createReadStream(this.#file), hash);
    if (!this.#feed.hashes.includes(hash.digest("base64"))) {
      const error = new Error(`${this.#file} is not what was released`);
      throw Object.assign(error, { code: "ERR_CHECKSUM_MISMATCH" });
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => {});
    return done;
  }
}

type Updater = MacUpdater | NsisUpdater | DebUpdater | RpmUpdater | WholeAppImageUpdater;

function updaterOf(kind: InstallerKind, relaunch: () => void): Updater {
  switch (kind) {
    case "appimage":
      return new WholeAppImageUpdater(relaunch);
    case "deb":
      return new DebUpdater();
    case "rpm":
      return new RpmUpdater();
    case "nsis":
      return new NsisUpdater();
    case "mac":
      return new MacUpdater();
  }
}
