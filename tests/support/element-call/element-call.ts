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

import { browserOptions, LIGHT_MEDIA } from "../browser.ts";
import { hears } from "../call-window.ts";
import type { Person } from "../people.ts";
import { killTree } from "../processes.ts";
import type { SeenKey } from "./host/host.ts";
import type { Mode, Site } from "./site.ts";

/** Element Call's names of its switches, which say what a press does or, of the screen, what is. */
export type Toggle =
  "Mute microphone" | "Unmute microphone" | "Stop video" | "Start video" | "Share screen" | "Sharing screen";

/** What its host opens it for; `_dm` is a call of two, which rings and ends when one is left. */
export type Intent = "start_call" | "join_existing" | "start_call_dm" | "join_existing_dm";

const SCREEN = 'video[data-lk-source="screen_share"]';
const SWITCHES = [
  ...LIGHT_MEDIA,
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
  /** The browser's data, kept over restarts. */
  readonly profile: string;
  /** Of the browser's main process. */
  readonly pid: number;
  readonly #context: BrowserContext;
  readonly #mode: Mode;
  #page: Page;

  private constructor(parts: {
    person: Person;
    page: Page;
    profile: string;
    context: BrowserContext;
    pid: number;
    mode: Mode;
  }) {
    this.person = parts.person;
    this.profile = parts.profile;
    this.pid = parts.pid;
    this.#context = parts.context;
    this.#mode = parts.mode;
    this.#page = parts.page;
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
    if (clock) await context.clock.install();
    const page = await signedIn(context, site.url, person, mode);
    return new ElementCall({ person, page, profile: folder, context, pid, mode });
  }

  get page(): Page {
    return this.#page;
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

  /**
   * Waits until the picture in a tile moves: frames are really decoded. Whoever returned under a new name has two of them until their old one is gone.
   */
  async moves(tile: Locator, frames = 10): Promise<void> {
    let before: number | null = null;
    let more = 0;
    await expect
      .poll(
        async () => {
          const now = await tile.locator("video").evaluateAll(decoded);
          if (before !== null && now !== null && now > before) more += now - before;
          before = now;
          return more;
        },
        // Its own, for measurements run it without the tests' settings.
        { message: "frames decoded", intervals: [50], timeout: 60_000 },
      )
      .toBeGreaterThanOrEqual(frames);
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

  /** Notes from now on whether somebody's tile is there; see `goneAt`. */
  async watch(name: string): Promise<void> {
    await this.call.locator("body").evaluate(note, name);
  }

  /** When the tile was first gone after it was there, in epoch ms; null where it never was. */
  goneAt(): Promise<number | null> {
    return this.call
      .locator("body")
      .evaluate(() => (globalThis as unknown as { goneAt: number | null }).goneAt);
  }

  /** Ends it as a crash or a power cut would. */
  kill(): void {
    killTree(this.pid);
  }

  /** Ends the process of its page alone. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent("crash");
    const session = await this.#context.newCDPSession(this.page);
    // What has crashed does not answer.
    session.send("Page.crash").catch(() => {});
    await crashed;
  }

  /** The page anew, as its user opens it after a crash. */
  async reopen(): Promise<void> {
    this.#page = await signedIn(this.#context, this.page.url(), this.person, this.#mode);
  }

  /** As its user would close the browser, who may come back to its profile. */
  async close(): Promise<void> {
    await this.#context.close().catch(() => {});
  }

  async end(): Promise<void> {
    await this.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

async function signedIn(context: BrowserContext, url: string, person: Person, mode: Mode): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  const { homeserver, userId, deviceId, accessToken } = person;
  await page.evaluate(([account, in_]) => host.start(account, in_), [
    { homeserver: homeserver.url, userId, deviceId, accessToken },
    mode,
  ] as const);
  return page;
}

/** Runs in Element Call. */
function note(body: Element, name: string): void {
  const page = globalThis as unknown as { goneAt: number | null };
  page.goneAt = null;
  let there = false;
  const look = () => {
    const tags = [...body.querySelectorAll('[data-testid="videoTile"] [data-testid="name_tag"]')];
    if (tags.some(({ textContent }) => textContent === name)) there = true;
    else if (there) page.goneAt ??= Date.now();
  };
  new MutationObserver(look).observe(body, { childList: true, subtree: true, characterData: true });
  look();
}

/** Runs in Element Call. A new connection brings a new element, or one that counts from 0 again; null where there is not just one. */
function decoded(videos: readonly Element[]): number | null {
  const [video, second] = videos;
  return video instanceof HTMLVideoElement && !second
    ? video.getVideoPlaybackQuality().totalVideoFrames
    : null;
}
