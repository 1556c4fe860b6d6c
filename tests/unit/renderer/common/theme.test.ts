import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { AVATAR_COLOURS } from "../../../../renderer/common/likeness.ts";

const css = readFileSync(new URL("../../../../renderer/common/theme.css", import.meta.url), "utf8");

const grounds = ["--page", "--surface", "--raised"];
const pairs: readonly (readonly [string, string, number])[] = [
  ...[...grounds, "--sunken", "--hover", "--live-soft", "--danger-soft", "--accent-soft"].map(
    (ground) => ["--text", ground, 4.5] as const,
  ),
  ...[...grounds, "--hover", "--live-soft"].map((ground) => ["--text-dim", ground, 4.5] as const),
  ...grounds.flatMap((ground) => [
    ["--accent", ground, 4.5] as const,
    ["--danger", ground, 4.5] as const,
    ["--live", ground, 4.5] as const,
    ["--line-strong", ground, 3] as const,
    ["--focus", ground, 3] as const,
  ]),
  ["--live", "--live-soft", 4.5],
  ["--on-accent", "--accent", 4.5],
  ["--on-accent", "--accent-hover", 4.5],
  ["--on-leave", "--leave", 4.5],
  ["--on-leave", "--leave-hover", 4.5],
];

for (const theme of ["light", "dark"] as const) {
  it.each(pairs)(`in the ${theme} theme %s on %s has a contrast of at least %d`, (ink, ground, least) => {
    expect(contrast(colour(ink, theme), colour(ground, theme))).toBeGreaterThanOrEqual(least);
  });
}

it("a white initial can be read on every avatar colour", () => {
  for (let index = 0; index < AVATAR_COLOURS; index += 1) {
    expect(contrast("#ffffff", colour(`--avatar-${index}`, "light"))).toBeGreaterThanOrEqual(4.5);
  }
});

function colour(token: string, theme: "light" | "dark"): string {
  const value = new RegExp(`${token}: ([^;]+);`).exec(css)?.[1] ?? "";
  const [light, dark = light] = value.match(/#[0-9a-f]{6}/g) ?? [];
  const found = theme === "light" ? light : dark;
  if (found === undefined) throw new Error(`${token} is no colour: ${value}`);
  return found;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** WCAG 2 relative luminance of `#rrggbb`. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
