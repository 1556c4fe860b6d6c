import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { IndicatorState } from "../../../electron/ports.ts";
import {
  iconFile,
  iconState,
  mayFlash,
  menuEntries,
  overlayFile,
  tooltip,
} from "../../../electron/shell/indicator-look.ts";

const idle: IndicatorState = { signedIn: true, ringing: null, missed: 0, inCall: false, quiet: null };
const ringing: IndicatorState = { ...idle, ringing: { id: "$r", name: "Bob", second: false } };
const ids = (state: IndicatorState) =>
  menuEntries(state).map((entry) => (entry === "separator" ? "-" : entry.id));

test.each<[string, IndicatorState, string, string]>([
  ["nothing is going on", idle, "normal", "Carillon"],
  ["somebody rings", ringing, "ringing", "Carillon: Bob is calling"],
  ["a call was missed", { ...idle, missed: 1 }, "missed", "Carillon: 1 missed call"],
  ["calls were missed", { ...idle, missed: 2 }, "missed", "Carillon: 2 missed calls"],
  ["one rings after others were missed", { ...ringing, missed: 2 }, "ringing", "Carillon: Bob is calling"],
])("icon and tooltip while %s", (_when, state, icon, text) => {
  expect([iconState(state), tooltip(state)]).toEqual([icon, text]);
});

test.each<[string, IndicatorState, string[]]>([
  ["nothing is going on", idle, ["open", "quiet", "-", "quit"]],
  ["nobody is signed in", { ...idle, signedIn: false }, ["open", "-", "quit"]],
  ["somebody rings", ringing, ["accept", "decline", "-", "open", "quiet", "-", "quit"]],
  ["a call is on", { ...idle, inCall: true }, ["open", "leave-call", "quiet", "-", "quit"]],
  [
    "somebody rings during a call",
    { ...ringing, ringing: { id: "$r", name: "Bob", second: true }, inCall: true },
    ["decline", "-", "open", "leave-call", "quiet", "-", "quit"],
  ],
])("the menu while %s", (_when, state, expected) => {
  expect(ids(state)).toEqual(expected);
});

test("what answers a ring in the menu names the ring", () => {
  const asks = menuEntries(ringing).flatMap((entry) => (entry === "separator" ? [] : [entry.asks]));
  expect(asks.slice(0, 2)).toEqual([
    { type: "accept", ring: "$r" },
    { type: "decline", ring: "$r" },
  ]);
});

test("do not disturb is checked while it holds, and quiet hours say when they end and take no click", () => {
  const entry = (quiet: IndicatorState["quiet"]) =>
    menuEntries({ ...idle, quiet }).find((one) => one !== "separator" && one.id === "quiet");
  expect(entry(null)).toEqual({
    id: "quiet",
    label: "Do not disturb",
    asks: { type: "toggle-quiet" },
    checked: false,
  });
  expect(entry({ why: "asked" })).toMatchObject({ label: "Do not disturb", checked: true });
  expect(entry({ why: "schedule", to: 7 * 60 + 30 })).toMatchObject({
    label: expect.stringMatching(/^Quiet hours until 0?7[:.]30/),
    checked: true,
    enabled: false,
  });
});

test("each icon is a picture that is there, also in double size", () => {
  for (const platform of ["linux", "darwin", "win32"] as const)
    for (const dark of [false, true])
      for (const state of ["normal", "ringing", "missed"] as const) {
        const file = iconFile(state, platform, dark);
        for (const name of [file, file.replace(".png", "@2x.png")])
          expect(existsSync(join("build/tray", name)), name).toBe(true);
      }
});

test("over the icon in the taskbar stands how many calls were missed, with a picture for each number", () => {
  const files = [0, 1, 5, 9, 10, 2_000].map((missed) => overlayFile({ ...idle, missed }));
  expect(files).toEqual([
    null,
    "overlay-missed-1.png",
    "overlay-missed-5.png",
    "overlay-missed-9.png",
    "overlay-missed-more.png",
    "overlay-missed-more.png",
  ]);
  expect(overlayFile({ ...ringing, missed: 2 })).toBe("overlay-ringing.png");
  const pictures = new Set<string>();
  for (let missed = 1; missed <= 10; missed++) {
    const file = overlayFile({ ...idle, missed }) ?? "";
    for (const name of [file, file.replace(".png", "@2x.png")])
      pictures.add(readFileSync(join("build/tray", name), "base64"));
  }
  expect(pictures.size).toBe(20);
});

test("windows do not flash on GNOME, which would show a note of its own", () => {
  expect(
    ["GNOME", "ubuntu:GNOME", "Unity", "KDE", "XFCE", undefined].map((desktop) =>
      mayFlash({ XDG_CURRENT_DESKTOP: desktop }),
    ),
  ).toEqual([false, false, false, true, true, true]);
});
