import { expect, test } from "vitest";

import { trayAvailable } from "../../../electron/shell/tray-host.ts";

const printing =
  (prints: Readonly<Record<string, string>>) => async (command: readonly [string, ...string[]]) =>
    prints[command[0]] ?? null;
const on = (desktop: string | undefined, prints: Readonly<Record<string, string>> = {}) =>
  trayAvailable("linux", { XDG_CURRENT_DESKTOP: desktop }, printing(prints));

test.each([
  ["gdbus", "(true,)\n", true],
  ["gdbus", "(false,)\n", false],
  ["busctl", "b true\n", true],
  ["busctl", "b false\n", false],
  ["dbus-send", "method return time=1.5 sender=x\n   boolean true\n", true],
])("%s that prints %j settles it, on any desktop", async (tool, prints, expected) => {
  expect(await on("GNOME", { [tool]: prints })).toBe(expected);
  expect(await on("KDE", { [tool]: prints })).toBe(expected);
});

test.each([
  ["KDE", true],
  ["XFCE", true],
  ["X-Cinnamon", true],
  ["MATE", true],
  ["GNOME", false],
  ["ubuntu:GNOME", false],
  [undefined, false],
])("with nobody to ask, %s is known by its name", async (desktop, expected) => {
  expect(await on(desktop)).toBe(expected);
  expect(await on(desktop, { gdbus: "Error: no such thing" })).toBe(expected);
});

test("Windows and macOS always have one, and nobody is asked", async () => {
  const never = () => Promise.reject(new Error("asked"));
  expect(await trayAvailable("win32", {}, never)).toBe(true);
  expect(await trayAvailable("darwin", {}, never)).toBe(true);
});
