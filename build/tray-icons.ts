// Draws the icons of the tray and taskbar into build/tray/: `node build/tray-icons.ts`. What it draws is committed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { draw, type Layer, type View } from "./draw.ts";
import { mark } from "./svg.ts";

const { tile: TILE, bell: BELL, clapper: CLAPPER, sound: SOUND } = mark();
const disc = (x: number, y: number, radius: number): string => {
  const [r, k] = [radius, radius * 0.5523];
  return `M${x - r} ${y}C${x - r} ${y - k} ${x - k} ${y - r} ${x} ${y - r}C${x + k} ${y - r} ${x + r} ${y - k} ${x + r} ${y}C${x + r} ${y + k} ${x + k} ${y + r} ${x} ${y + r}C${x - k} ${y + r} ${x - r} ${y + k} ${x - r} ${y}Z`;
};

const line = (x: number, y: number): string => `C${x} ${y} ${x} ${y} ${x} ${y}`;
/** Digits as lines, in the middle of the same 48 × 48; `more` is 9+. */
const COUNTS = {
  1: `M19.5 18${line(25, 13.5)}${line(25, 34.5)}`,
  2: "M18 19C18 11.5 30 11.5 30 19C30 24 18 28.5 18 34.3h12.2",
  3: "M18.3 16.2C21 11.8 29.5 12.4 29.5 18.5C29.5 22 26.5 23.4 23 23.4C27 23.4 30.2 25.4 30.2 29C30.2 35.8 20.5 36.2 17.8 31.6",
  4: `M27 34.5${line(27, 13.5)}${line(17, 28.7)}h14`,
  5: `M29 13.8h-9${line(18.9, 23.2)}C22.5 20.3 30.2 21.3 30.2 28C30.2 35.8 20.5 36.2 17.8 31.6`,
  6: "M28.5 15.2C24 11.2 17.8 16 17.8 27C17.8 36.8 30.2 36.8 30.2 28C30.2 19.8 18.5 19.8 17.8 27",
  7: `M17.8 13.8h12.4${line(22.5, 34.5)}`,
  8: "M24 23.2C16 23.2 16.8 13.5 24 13.5C31.2 13.5 32 23.2 24 23.2C15 23.2 15 34.5 24 34.5C33 34.5 33 23.2 24 23.2",
  9: "M19.5 32.8C24 36.8 30.2 32 30.2 21C30.2 11.2 17.8 11.2 17.8 20C17.8 28.2 29.5 28.2 30.2 21",
  more: `M13 32.8C17.5 36.8 23.2 32 23.2 21C23.2 11.2 11.3 11.2 11.3 20C11.3 28.2 22.5 28.2 23.2 21M29.5 24h9.4M34.2 19.3${line(34.2, 28.7)}`,
} as const;

const GREEN = "#0c6b60";
const AMBER = "#ebb651";
const RED = "#cf2f25";
const INK = "#13201d";
const WHITE = "#ffffff";

const states = ["normal", "ringing", "missed"] as const;
type State = (typeof states)[number];

/** The bell alone, in one colour but for what it says. */
function glyph(state: State, colour: string, accent: { ringing: string; missed: string }): Layer[] {
  const said = state === "ringing" ? accent.ringing : colour;
  return [
    { path: BELL.path, fill: said },
    { path: CLAPPER.path, fill: said },
    ...(state === "ringing" ? [{ path: SOUND.path, fill: said, stroke: 3.4 }] : []),
    ...(state === "missed"
      ? [
          { path: disc(33.5, 15.5, 8.2), fill: null },
          { path: disc(33.5, 15.5, 6), fill: accent.missed },
        ]
      : []),
  ];
}

/** The logo, amber while it rings. */
function tile(state: State): Layer[] {
  const ringing = state === "ringing";
  return [
    { path: TILE.path, fill: ringing ? AMBER : GREEN },
    { path: BELL.path, fill: ringing ? INK : WHITE },
    { path: CLAPPER.path, fill: ringing ? INK : AMBER },
    { path: SOUND.path, fill: ringing ? INK : AMBER, stroke: 3 },
    ...(state === "missed"
      ? [
          { path: disc(36.5, 11.5, 13), fill: null },
          { path: disc(36.5, 11.5, 10.5), fill: RED },
        ]
      : []),
  ];
}

const WHOLE: View = { x: 0, y: 0, size: 48 };
const CLOSE: View = { x: 8, y: 9, size: 32 };

/** Each file of build/tray/, by its name. */
export function trayIcons(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const add = (name: string, layers: readonly Layer[], view: View, pixels: number) => {
    files.set(`${name}.png`, draw(layers, view, pixels));
    files.set(`${name}@2x.png`, draw(layers, view, pixels * 2));
  };
  for (const state of states) {
    // macOS takes the shape and chooses the colour.
    add(`${state}Template`, glyph(state, "#000000", { ringing: "#000000", missed: "#000000" }), CLOSE, 16);
    add(`${state}-on-dark`, glyph(state, WHITE, { ringing: AMBER, missed: "#ff6b5e" }), CLOSE, 16);
    add(`${state}-on-light`, glyph(state, INK, { ringing: "#835400", missed: RED }), CLOSE, 16);
    add(`${state}-colour`, tile(state), WHOLE, 24);
  }
  const small: View = { x: 4, y: 4, size: 40 };
  add(
    "overlay-ringing",
    [{ path: disc(24, 24, 20), fill: AMBER }, ...glyph("normal", INK, { ringing: INK, missed: INK })],
    small,
    16,
  );
  for (const [count, path] of Object.entries(COUNTS))
    add(
      `overlay-missed-${count}`,
      [
        { path: disc(24, 24, 20), fill: RED },
        { path, fill: WHITE, stroke: 4.6 },
      ],
      small,
      16,
    );
  return files;
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "tray");
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of trayIcons()) writeFileSync(join(folder, name), bytes);
}
