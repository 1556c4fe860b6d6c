import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { onTestFinished } from "vitest";

/** Mounts a component for the length of the test, and finds things in the page as a screen reader names them. */
export function show<P extends Record<string, unknown>>(component: Component<P>, props: P): void {
  const target = document.createElement("div");
  document.body.append(target);
  const mounted = mount(component, { target, props });
  flushSync();
  onTestFinished(async () => {
    await unmount(mounted);
    document.body.replaceChildren();
  });
}

export const button = (name: string | RegExp): HTMLButtonElement => one("button", name);
export const buttons = (name: string | RegExp): HTMLButtonElement[] => all("button", name);
export const has = (selector: string, name: string | RegExp): boolean => all(selector, name).length > 0;

/** The one element of a selector with this accessible name. */
export function one<E extends HTMLElement>(selector: string, name: string | RegExp): E {
  const [found, ...more] = all<E>(selector, name);
  if (found === undefined || more.length > 0) {
    throw new Error(
      `${more.length + (found ? 1 : 0)} of ${selector} are named ${name}:\n${document.body.textContent}`,
    );
  }
  return found;
}

export function field(label: string): HTMLInputElement {
  const found = [...document.querySelectorAll("label")].find((element) => element.textContent === label);
  const input = found && document.querySelector<HTMLInputElement>(`[id="${found.htmlFor}"]`);
  if (!input) throw new Error(`no field is labelled ${label}`);
  return input;
}

/** What is said beside a field: its description, as `aria-describedby` names it. */
export const saidBeside = (label: string): string | undefined =>
  document.querySelector(`[id="${field(label).getAttribute("aria-describedby")}"]`)?.textContent?.trim();

export async function click(element: HTMLElement): Promise<void> {
  element.click();
  await settled();
}

export async function type(input: HTMLInputElement, text: string): Promise<void> {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settled();
}

export async function press(
  key: string,
  init: KeyboardEventInit = {},
  on: EventTarget = document.body,
): Promise<void> {
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }));
  await settled();
}

/** Lets promises that have settled be seen in the page. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await tick();
  flushSync();
}

/** All that one reads in the page. */
export const words = (): string => (document.body.textContent ?? "").replaceAll(/\s+/g, " ");

function all<E extends HTMLElement>(selector: string, name: string | RegExp): E[] {
  return [...document.querySelectorAll<E>(selector)].filter((element) => {
    const own = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
    return typeof name === "string" ? own === name : name.test(own);
  });
}
