import type { Page } from "@playwright/test";

/** Something that a call window told its user, from an epoch ms on. */
export interface Seen {
  readonly at: number;
  /** Words on the tile of the other one: a reason, "" for none (all is well), "gone" where there is no tile. */
  readonly tile?: string;
  /** Words of a banner, a warning or a page of the window itself; "" where there are none. */
  readonly window?: string;
}

/** Notes from now on what a call window shows: of the other one's tile, and about itself. */
export const watch = (page: Page, other: string): Promise<void> => page.evaluate(note, other);

export const seenBy = (page: Page): Promise<readonly Seen[]> =>
  page.evaluate(() => (globalThis as unknown as { readonly seen?: Seen[] }).seen ?? []);

/** Runs in the page. */
function note(other: string): void {
  const page = globalThis as unknown as { seen?: Seen[]; forget?: () => void };
  page.forget?.();
  const seen: Seen[] = (page.seen = []);
  const last: { tile?: string; window?: string } = {};
  const look = () => {
    const tile = [...document.querySelectorAll('[role="group"]')].find(
      (element) => element.getAttribute("aria-label") === other,
    );
    const words = tile ? (tile.querySelector(".reason .sentence")?.textContent ?? "") : "gone";
    const window = [...document.querySelectorAll('.banner, [role="alert"], .ended, main > [role="status"]')]
      .map(({ textContent }) => textContent?.replace(/\s+/g, " ").trim() ?? "")
      .filter((text) => text !== "")
      .join(" · ");
    const at = Date.now();
    if (words !== last.tile) seen.push({ at, tile: (last.tile = words) });
    if (window !== last.window) seen.push({ at, window: (last.window = window) });
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
  look();
  page.forget = () => observer.disconnect();
}
