import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { _electron, expect, type ElectronApplication, type Page } from "@playwright/test";

import type { WindowRole } from "../../shared/window-role.ts";
import { electronBinary } from "../../build/electron-binary.ts";
import { LIGHT_MEDIA } from "./browser.ts";
import { NotificationService } from "./notification-service.ts";
import { killTree } from "./processes.ts";

const root = join(import.meta.dirname, "../..");

/** A running Carillon, driven through its windows as a person would. */
export class App {
  readonly electron: ElectronApplication;
  /** Its user data, kept over restarts. */
  readonly profile: string;
  /** Where its notifications are shown; null in the stand-in and where the system's own shows them. */
  readonly notificationService: NotificationService | null;
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;

  private constructor(electron: ElectronApplication, profile: string, service: NotificationService | null) {
    this.electron = electron;
    this.profile = profile;
    this.notificationService = service;
    this.#process = electron.process();
    this.#gone = once(this.#process, "exit").then(() => service?.close());
  }

  static async launch({
    profile,
    env = {},
    args = [],
    media = LIGHT_MEDIA,
    app = root,
  }: {
    profile?: string;
    env?: NodeJS.ProcessEnv;
    args?: readonly string[];
    /** Chromium's switches for camera and microphone. */
    media?: readonly string[];
    /** The app that is run, where it is not this checkout's build. */
    app?: string;
  } = {}): Promise<App> {
    const { path, standIn } = electronBinary();
    // Playwright asks npm's `electron` where the binary is, in this process.
    if (standIn) process.env["ELECTRON_OVERRIDE_DIST_PATH"] = dirname(path);
    const folder = profile ?? (await mkdtemp(join(tmpdir(), "carillon-profile-")));
    const service =
      !standIn && process.platform === "linux"
        ? await NotificationService.start({ tray: env["XDG_CURRENT_DESKTOP"] === "KDE" })
        : null;
    try {
      const electron = await _electron.launch({
        args: [app, `--user-data-dir=${folder}`, ...(standIn ? [] : media), ...args],
        cwd: root,
        env: {
          ...environment(),
          ...service?.environment,
          ...env,
          HOST_SWITCHES: media.join(" "),
          CARILLON_LOG: "debug",
        },
      });
      // As long as `expect` waits.
      electron.context().setDefaultTimeout(60_000);
      return new App(electron, folder, service);
    } catch (error) {
      await service?.close();
      throw error;
    }
  }

  /** The window of a role, once it is there. */
  async window(role: WindowRole): Promise<Page> {
    // A window is blank before it is what it will be, and says neither; so all are looked at until one is.
    const find = () =>
      this.electron.windows().find((page) => new URL(page.url()).pathname.startsWith(`/${role}/`));
    await expect.poll(find, { message: `the ${role} window` }).toBeDefined();
    const page = find();
    if (!page) throw new Error(`the ${role} window went away`);
    await page.waitForLoadState("domcontentloaded");
    return page;
  }

  async signIn(homeserver: string, user: string, password: string): Promise<Page> {
    const home = await this.window("home");
    await home.getByLabel("Homeserver").fill(homeserver);
    await home.getByRole("button", { name: "Continue" }).click();
    await home.getByLabel("Username").fill(user);
    await home.getByLabel("Password", { exact: true }).fill(password);
    await home.getByRole("button", { name: "Sign in" }).click();
    return home;
  }

  /** Closes a window as its own button does, and waits until it is gone. */
  async closeWindow(role: WindowRole): Promise<void> {
    const page = await this.window(role);
    const gone = page.waitForEvent("close");
    const window = await this.electron.browserWindow(page);
    await window.evaluate((one) => one.close());
    await gone;
  }

  /** The pages of the windows that are open. */
  roles(): string[] {
    return this.electron
      .windows()
      .flatMap((page) => /^\/(home|call|ring)\//.exec(new URL(page.url()).pathname)?.[1] ?? []);
  }

  /** Ends it as a user would, so that it leaves its call. */
  async close(): Promise<void> {
    await this.electron.close();
    await this.#gone;
  }

  /** The main process. */
  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error("the app did not start");
    return pid;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    // The stand-in's Chromium outlives it a little.
    if (process.platform === "linux") killTree(this.pid);
    else this.#process.kill("SIGKILL");
    await this.#gone;
  }

  /** What it logged, of this run and earlier ones of its profile. */
  log(): Promise<string> {
    return readFile(join(this.profile, "logs/carillon.log"), "utf8").catch(() => "");
  }

  /** Ends it in whatever way works, and removes its data. */
  async end(): Promise<void> {
    const runs = this.#process.exitCode === null && this.#process.signalCode === null;
    if (runs) await this.close().catch(() => this.kill());
    // Its Chromium may write a last time after it is gone.
    await rm(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function environment(): NodeJS.ProcessEnv {
  const { ELECTRON_RUN_AS_NODE: _never, NODE_OPTIONS: _tests, ...rest } = process.env;
  return rest;
}
