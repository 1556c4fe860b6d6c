import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  chromium,
  expect,
  type BrowserContext,
  type FrameLocator,
  type Locator,
  type Page,
} from "@playwright/test";

import { findChromium } from "../../../build/setup/places.mjs";
import type { Person } from "../people.ts";
import type { SeenKey } from "./host/host.ts";
import type { Mode, Site } from "./site.ts";

const LAUNCH = [
  "--no-sandbox",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-features=LocalNetworkAccessChecks",
];

/** A browser in which somebody is signed in and uses the real Element Call, as they do in Element Web. */
export class ElementCall {
  readonly person: Person;
  readonly page: Page;
  /** The browser's data, kept over restarts. */
  readonly profile: string;
  readonly #context: BrowserContext;
  readonly #pid: number;
  readonly #mode: Mode;

  private constructor(parts: {
    person: Person;
    page: Page;
    profile: string;
    context: BrowserContext;
    pid: number;
    mode: Mode;
  }) {
    this.person = parts.person;
    this.page = parts.page;
    this.profile = parts.profile;
    this.#context = parts.context;
    this.#pid = parts.pid;
    this.#mode = parts.mode;
  }

  /** With the profile of an earlier run it is the same device again. */
  static async launch(
    site: Site,
    person: Person,
    { mode, profile }: { mode: Mode; profile?: string },
  ): Promise<ElementCall> {
    const folder = profile ?? (await mkdtemp(join(tmpdir(), "carillon-element-call-profile-")));
    const executablePath = findChromium();
    const context = await chromium.launchPersistentContext(folder, {
      ...(executablePath && { executablePath }),
      args: LAUNCH,
      viewport: { width: 1000, height: 700 },
    });
    const session = await context.browser()?.newBrowserCDPSession();
    const { processInfo } = (await session?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
    const pid = processInfo.find(({ type }) => type === "browser")?.id;
    if (pid === undefined) throw new Error("the browser does not say which process it is");
    const page = await context.newPage();
    await page.goto(site.url);
    const { homeserver, userId, deviceId, accessToken } = person;
    await page.evaluate(([account, in_]) => host.start(account, in_), [
      { homeserver: homeserver.url, userId, deviceId, accessToken },
      mode,
    ] as const);
    return new ElementCall({ person, page, profile: folder, context, pid, mode });
  }

  get call(): FrameLocator {
    return this.page.frameLocator("iframe");
  }

  async open(room: string, intent = "join_existing"): Promise<void> {
    await this.page.waitForFunction((id) => host.knows(id), room);
    await this.page.evaluate((options) => host.open(options), { mode: this.#mode, roomId: room, intent });
  }

  async hangUp(): Promise<void> {
    await this.call.getByRole("button", { name: "End call" }).click();
    await this.closes();
  }

  /** Waits until Element Call is closed, by itself or by its user. */
  async closes(): Promise<void> {
    await expect(this.page.locator("iframe")).toHaveCount(0);
  }

  tile(name: string): Locator {
    return this.call
      .getByTestId("videoTile")
      .filter({ has: this.call.getByTestId("name_tag").filter({ hasText: name }) });
  }

  keys(): Promise<readonly SeenKey[]> {
    return this.page.evaluate(() => host.keys);
  }

  /** Ends it as a crash or a power cut would. */
  kill(): void {
    process.kill(this.#pid, "SIGKILL");
  }

  async end(): Promise<void> {
    await this.#context.close().catch(() => {});
    await rm(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
