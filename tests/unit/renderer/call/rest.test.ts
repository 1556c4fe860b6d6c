// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";

import { watchRest } from "../../../../renderer/call/rest.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(): boolean[] {
  const told: boolean[] = [];
  onTestFinished(watchRest(3000, (resting) => told.push(resting)));
  return told;
}

it("rests when nobody moved for the time, and no sooner", () => {
  const told = watch();
  vi.advanceTimersByTime(2999);
  expect(told).not.toContain(true);
  vi.advanceTimersByTime(1);
  expect(told.at(-1)).toBe(true);
});

it.each(["pointermove", "pointerdown", "keydown", "focusin"])(
  "%s ends the rest, and it comes again",
  (sign) => {
    const told = watch();
    vi.advanceTimersByTime(3000);
    dispatchEvent(new Event(sign));
    expect(told.at(-1)).toBe(false);
    vi.advanceTimersByTime(3000);
    expect(told.at(-1)).toBe(true);
  },
);

it("does not rest while a menu is open", () => {
  const told = watch();
  const menu = document.createElement("div");
  menu.setAttribute("role", "menu");
  document.body.append(menu);
  vi.advanceTimersByTime(10_000);
  expect(told).not.toContain(true);
  menu.remove();
  vi.advanceTimersByTime(3000);
  expect(told.at(-1)).toBe(true);
});

it("tells nothing once it is no longer watched", () => {
  const told: boolean[] = [];
  watchRest(3000, (resting) => told.push(resting))();
  dispatchEvent(new Event("keydown"));
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([false]);
});
