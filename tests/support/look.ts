import { expect, type Page } from "@playwright/test";

/** What can be told of a window's looks without eyes. */

const folder = "test-results/look";

/** Saves the window as it is. */
export async function picture(page: Page, name: string): Promise<void> {
  await atRest(page);
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Nothing lies beyond the edges, everything that can be pressed has a name, and every word can be read. */
export async function expectSound(page: Page): Promise<void> {
  // A new size or theme takes a few frames to arrive.
  await expect.poll(() => page.evaluate(flaws)).toEqual([]);
}

/** What the console of the window complained of since it was loaded, refusals of the content security policy among it. */
export async function expectQuiet(page: Page): Promise<void> {
  const messages = await page.consoleMessages();
  const complaints = messages.filter((message) => ["error", "warning"].includes(message.type()));
  expect(complaints.map((message) => `${message.text()} (${message.location().url})`)).toEqual([]);
  expect((await page.pageErrors()).map(String)).toEqual([]);
}

/** Tab goes through all that can be pressed or filled in, from the first to the last as they are read, and shows where it is. */
export async function expectTabOrder(page: Page): Promise<void> {
  const wanted = await page.evaluate(startOfTabs);
  const seen: string[] = [];
  for (const _ of wanted) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(focusedStop));
  }
  expect(seen).toEqual(wanted);
}

/** Presses Tab until what has this name has the focus. */
export async function tabTo(page: Page, name: string | RegExp, presses = 40): Promise<void> {
  const seen: string[] = [];
  for (let press = 0; press <= presses; press += 1) {
    const focused = await page.evaluate(focusedName);
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
    seen.push(focused);
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${name}, only to: ${seen.join(", ")}`);
}

/** Waits until what moves or fades into place has arrived; what turns for ever is let be. */
const atRest = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime));
    // Those of what goes away meanwhile are cancelled.
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });

/** Runs in the page. */
function flaws(): string[] {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`${root.scrollWidth} px wide in a window of ${innerWidth}`);
  const nameOf = (control: Element): string => {
    const labelled = control instanceof HTMLInputElement || control instanceof HTMLButtonElement;
    const labels = labelled ? [...(control.labels ?? [])].map(({ textContent }) => textContent) : [];
    return control.getAttribute("aria-label") ?? (labels.join(" ") || control.textContent);
  };
  const visible = (element: Element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  for (const box of [...document.querySelectorAll("*")].filter(visible)) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
    if (scrolls && box.scrollWidth > box.clientWidth)
      found.push(`scrolls sideways: ${box.outerHTML.slice(0, 80)}`);
  }
  const controls = document.querySelectorAll(
    "button, input, select, a[href], [role=button], [role=menuitem]",
  );
  for (const control of [...controls].filter(visible)) {
    const { left, right, width, height } = control.getBoundingClientRect();
    const name = nameOf(control);
    if (name.trim() === "") found.push(`no name: ${control.outerHTML.slice(0, 200)}`);
    if (width < 1 || height < 1) continue;
    if (left < -1 || right > innerWidth + 1) found.push(`beyond the edge: ${name}`);
    if (control instanceof HTMLButtonElement && Math.min(width, height) < 24) found.push(`small: ${name}`);
  }

  /** [red, green, blue, alpha], or null for what is no plain colour. */
  const parts = (colour: string): number[] | null => {
    if (!colour.startsWith("rgb")) return null;
    const numbers = (colour.match(/[\d.]+/g) ?? []).map(Number);
    return numbers.length === 3 ? [...numbers, 1] : numbers;
  };
  const over = (top: number[], ground: number[]): number[] => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map((at) => (top[at] ?? 0) * alpha + (ground[at] ?? 0) * (1 - alpha));
  };
  /** What lies behind, or null where that is a picture. */
  const groundOf = (element: Element | null): number[] | null => {
    if (element === null) return null;
    const { backgroundColor, backgroundImage } = getComputedStyle(element);
    if (backgroundImage !== "none") return null;
    const own = parts(backgroundColor);
    if (own === null || own[3] === 1) return own;
    const behind = groundOf(element.parentElement);
    return behind && over(own, behind);
  };
  const luminance = (colour: number[]): number => {
    const [red = 0, green = 0, blue = 0] = colour
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = (texts.currentNode.textContent ?? "").trim();
    const element = texts.currentNode.parentElement;
    if (
      text === "" ||
      !element ||
      !visible(element) ||
      element.closest("[aria-disabled=true], :disabled, video")
    )
      continue;
    const ground = groundOf(element);
    const ink = parts(getComputedStyle(element).color);
    if (ground === null || ink === null) continue;
    const [low = 0, high = 0] = [luminance(over(ink, ground)), luminance(ground)].toSorted((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return found;
}

/** Runs in the page: numbers what Tab should stop at, as it is read, puts the focus before the first, and returns their names. */
function startOfTabs(): string[] {
  const dialog = document.querySelector("[role=dialog]");
  const stops = [...(dialog ?? document).querySelectorAll<HTMLElement>("button, input, [tabindex]")].filter(
    (element) =>
      element.checkVisibility({ visibilityProperty: true }) &&
      !element.matches(":disabled, [tabindex='-1'], [role=dialog]") &&
      // Of a group of choices, the chosen one.
      !(element.matches("[role=radio], [role=tab]") && element.tabIndex < 0),
  );
  stops.forEach((element, index) => {
    const name = element.getAttribute("aria-label") ?? (element.textContent.trim() || element.id);
    element.dataset["stop"] = `${index} ${name}`;
  });
  const start = dialog instanceof HTMLElement ? dialog : document.body;
  start.tabIndex = -1;
  start.focus();
  return stops.map((element) => element.dataset["stop"] ?? "");
}

/** Runs in the page. */
function focusedStop(): string {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement)) return "nothing";
  const box = focused.closest("search") ?? focused;
  const { outlineStyle } = getComputedStyle(box);
  return (
    (focused.dataset["stop"] ?? focused.outerHTML.slice(0, 80)) + (outlineStyle === "none" ? ", unseen" : "")
  );
}

/** Runs in the page. */
function focusedName(): string {
  const focused = document.activeElement;
  const labels = focused instanceof HTMLInputElement ? [...(focused.labels ?? [])] : [];
  const label = labels.map(({ textContent }) => textContent).join(" ");
  return (focused?.getAttribute("aria-label") ?? (label || (focused?.textContent ?? ""))).trim();
}
