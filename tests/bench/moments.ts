import type { Page } from "@playwright/test";

/** Epoch ms, by the page's own clock, of what happened first in a call window since `watch`. */
export interface Moments {
  readonly clicked?: number;
  /** Main says that our membership stands. */
  readonly joined?: number;
  /** Main says that the other one is a member. */
  readonly seen?: number;
  /** Main hands over the other one's media key. */
  readonly key?: number;
  /** The other one's picture has its element. */
  readonly attached?: number;
  /** The first decoded picture of the other one is shown. */
  readonly picture?: number;
  /** Sound of somebody else plays. */
  readonly sound?: number;
  /** The other one's tile is gone after it was there. */
  readonly gone?: number;
}

/** Notes the moments inside the page, so that no round trip of the test tool is in them. */
export const watch = (page: Page, name: string): Promise<void> => page.evaluate(note, name);

/** Waits for a moment; returns all there are. */
export async function until(page: Page, moment: keyof Moments): Promise<Moments> {
  const handle = await page.waitForFunction((which) => {
    const { moments } = globalThis as unknown as Noted;
    return moments?.[which] !== undefined && moments;
  }, moment);
  return handle.jsonValue() as Promise<Moments>;
}

export const since = (start: number, end: number | undefined): number => (end ?? NaN) - start;

/** Runs in the page. The window may be gone before a click of the test tool's is answered. */
export function clickNow(element: HTMLElement | SVGElement): number {
  const now = performance.timeOrigin + performance.now();
  (element as HTMLElement).click();
  return now;
}

interface Noted {
  moments?: { -readonly [M in keyof Moments]: Moments[M] };
  bridge: { listen(listener: (topic: string, payload: unknown) => void): () => void };
  forget?: () => void;
}

/** Runs in the page. */
function note(name: string): void {
  const page = globalThis as unknown as Noted;
  page.forget?.();
  const moments: NonNullable<Noted["moments"]> = (page.moments = {});
  const mark = (moment: keyof Moments) => (moments[moment] ??= performance.timeOrigin + performance.now());

  const deaf = page.bridge.listen((topic, payload) => {
    if (topic === "keys") return void ((payload as { own: boolean }).own || mark("key"));
    const { call } = payload as { call?: { phase: string; participants: { local: boolean }[] } | null };
    if (call?.phase === "joined") mark("joined");
    if (call?.participants.some(({ local }) => !local)) mark("seen");
  });
  const clicked = (event: Event) => {
    if (event.target instanceof Element && event.target.closest("button")) mark("clicked");
  };
  addEventListener("click", clicked, { capture: true });

  let video: HTMLVideoElement | null = null;
  const look = () => {
    const tile = [...document.querySelectorAll('[role="group"]')].find(
      (element) => element.getAttribute("aria-label") === name,
    );
    if (!tile) return void (moments.picture !== undefined && mark("gone"));
    const now = tile.querySelector("video");
    if (!now || now === video) return;
    video = now;
    mark("attached");
    now.requestVideoFrameCallback(() => mark("picture"));
  };
  const plays = ({ target }: Event) => {
    if (target instanceof HTMLAudioElement) mark("sound");
  };
  addEventListener("playing", plays, { capture: true });
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  look();
  page.forget = () => {
    deaf();
    removeEventListener("click", clicked, { capture: true });
    removeEventListener("playing", plays, { capture: true });
    observer.disconnect();
  };
}
