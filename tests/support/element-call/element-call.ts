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

import { browserOptions } from "../browser.ts";
import { hears } from "../call-window.ts";
import type { Person } from "../people.ts";
import type { SeenKey } from "./host/host.ts";
import type { Mode, Site } from "./site.ts";

/** Element Call's names of its switches, which say what a press does or, of the screen, what is. */
export type Toggle =
  "Mute microphone" | "Unmute microphone" | "Stop video" | "Start video" | "Share screen" | "Sharing screen";

/** What its host opens it for; `_dm` is a call of two, which rings and ends when one is left. */
export type Intent = "start_call" | "join_existing" | "start_call_dm" | "join_existing_dm";

const SCREEN = 'video[data-lk-source="screen_share"]';
const SWITCHES = [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

export interface LaunchOptions {
  readonly mode: Mode;
  /** Of an earlier run: it is the same device again. */
  readonly profile?: string;
  /** Its page's clock can be put forward, by `page.clock`. */
  readonly clock?: boolean;
}

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

  static async launch(
    site: Site,
    person: Person,
    { mode, profile, clock = false }: LaunchOptions,
  ): Promise<ElementCall> {
    const folder = profile ?? (await mkdtemp(join(tmpdir(), "carillon-element-call-profile-")));
    const context = await chromium.launchPersistentContext(folder, {
      ...browserOptions(...SWITCHES),
      // In a lower one its controls lie under the tiles until the mouse moves.
      viewport: { width: 1000, height: 700 },
    });
    context.setDefaultTimeout(30_000);
    const session = await context.browser()?.newBrowserCDPSession();
    const { processInfo } = (await session?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
    const pid = processInfo.find(({ type }) => type === "browser")?.id;
    if (pid === undefined) throw new Error("the browser does not say which process it is");
    const page = await context.newPage();
    if (clock) await page.clock.install();
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

  /** Joins by itself once it is loaded; there is no lobby. */
  async open(
    room: string,
    intent: Intent = "join_existing",
    { ringsForMs }: { ringsForMs?: number } = {},
  ): Promise<void> {
    await this.page.waitForFunction((id) => host.knows(id), room);
    await this.page.evaluate((options) => host.open(options), {
      mode: this.#mode,
      roomId: room,
      intent,
      ...(ringsForMs !== undefined && { ringsForMs }),
    });
  }

  async hangUp(): Promise<void> {
    await this.#button("End call").click();
    await this.closes();
  }

  /** Waits until Element Call is closed, by itself or by its user. */
  async closes(): Promise<void> {
    await expect(this.page.locator("iframe")).toHaveCount(0);
  }

  async toggle(control: Toggle): Promise<void> {
    await this.call.getByRole("switch", { name: control }).click();
  }

  async raiseHand(): Promise<void> {
    await this.#button("Reactions").click();
    await this.#button("Raise hand").click();
  }

  async lowerHand(): Promise<void> {
    await this.#button("Lower hand").click();
  }

  /** By Element Call's own name of the reaction, such as `thumbsup`. */
  async react(name: string): Promise<void> {
    await this.#button("Reactions").click();
    await this.#button(name).click();
  }

  #button(name: string): Locator {
    return this.call.getByRole("button", { name, exact: true });
  }

  tile(name: string): Locator {
    return this.#tiles(name).filter({ hasNot: this.call.locator(SCREEN) });
  }

  /** The tile of a shared screen. */
  screen(name: string): Locator {
    return this.#tiles(name).filter({ has: this.call.locator(SCREEN) });
  }

  #tiles(name: string): Locator {
    const tag = this.call.getByTestId("name_tag").getByText(name, { exact: true });
    return this.call.getByTestId("videoTile").filter({ has: tag });
  }

  /** The same of a tile whose picture is on; the element stays when it is off. */
  picture(name: string): Locator {
    return this.tile(name).and(this.call.locator('[data-video-enabled="true"]'));
  }

  /** What somebody holds up: their hand, or a reaction. */
  held(name: string): Locator {
    return this.tile(name).getByRole("img", { name: "Reaction" });
  }

  /** Waits until the picture in a tile moves: frames are really decoded. */
  async moves(tile: Locator): Promise<void> {
    let before: number | null = null;
    let more = 0;
    await expect
      .poll(
        async () => {
          const now = await tile.locator("video").evaluate(decoded);
          if (before !== null && now > before) more += now - before;
          before = now;
          return more;
        },
        { message: "frames decoded", intervals: [50] },
      )
      .toBeGreaterThanOrEqual(10);
  }

  /** Waits until sound of somebody else is really audible. */
  async hears(): Promise<void> {
    const frame = await this.page
      .locator("iframe")
      .elementHandle()
      .then((found) => found?.contentFrame());
    if (!frame) throw new Error("Element Call is not open");
    await hears(frame);
  }

  /** The media keys that its device had so far. */
  keys(): Promise<readonly SeenKey[]> {
    return this.page.evaluate(() => host.keys);
  }

  /** A further page in the same browser. */
  newPage(): Promise<Page> {
    return this.#context.newPage();
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

/** Runs in Element Call. A new connection brings a new element, or one that counts from 0 again. */
function decoded(video: Element): number {
  return video instanceof HTMLVideoElement ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
}
