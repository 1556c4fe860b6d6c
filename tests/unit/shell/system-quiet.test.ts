import { expect, test } from "vitest";

import { systemQuiet } from "../../../electron/shell/system-quiet.ts";

function desktop(name: string, prints: string | null) {
  const state = { now: 0, prints, asked: [] as string[] };
  const quiet = systemQuiet(
    "linux",
    { XDG_CURRENT_DESKTOP: name },
    async (command) => {
      state.asked.push(command.join(" "));
      return state.prints;
    },
    () => state.now,
  );
  return { state, quiet };
}

test.each([
  ["GNOME", "false\n", true],
  ["GNOME", "true\n", false],
  ["ubuntu:GNOME", "false\n", true],
  ["KDE", "(<true>,)\n", true],
  ["KDE", "(<false>,)\n", false],
  ["XFCE", "true\n", true],
  ["XFCE", "false\n", false],
  ["X-Cinnamon", "false\n", true],
  ["sway", "(<true>,)\n", true],
  ["GNOME", null, false],
  ["KDE", null, false],
])("do not disturb of %s that says %j", async (name, prints, expected) => {
  expect(await desktop(name, prints).quiet.active()).toBe(expected);
});

test("an answer holds for five seconds", async () => {
  const { state, quiet } = desktop("GNOME", "false\n");
  expect(await quiet.active()).toBe(true);
  state.prints = "true\n";
  state.now = 4_999;
  expect(await quiet.active()).toBe(true);
  state.now = 5_000;
  expect(await quiet.active()).toBe(false);
  expect(state.asked).toHaveLength(2);
});

test("Windows and macOS cannot be read, say so, and are never quiet", async () => {
  for (const platform of ["win32", "darwin"] as const) {
    const quiet = systemQuiet(platform, {}, () => Promise.reject(new Error("asked")));
    expect([quiet.readable, await quiet.active()]).toEqual([false, false]);
  }
});
