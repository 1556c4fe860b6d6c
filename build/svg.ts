import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Layer } from "./draw.ts";

/** The one drawing of the app's mark, in coordinates of 48 × 48. */
const FILE = join(import.meta.dirname, "icons/icon.svg");

export type Part = "tile" | "bell" | "clapper" | "sound";

/** The parts of an SVG that is made of paths with an `id`, from the bottom up; throws where one is not as `draw` needs it. */
export function layersOf(svg: string): Record<Part, Layer> {
  const layer = (part: Part): Layer => {
    const tag = new RegExp(`<path[^>]*\\bid="${part}"[^>]*>`).exec(svg)?.[0] ?? "";
    const of = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
    const [path, fill, stroke, width] = [of("d"), of("fill"), of("stroke"), of("stroke-width")];
    const colour = stroke ?? fill;
    if (path === undefined || !/^[\d\s.,MCchZ-]+$/.test(path) || !/^#[\da-f]{6}$/.test(colour ?? ""))
      throw new Error(`the drawing's ${part} is missing or cannot be drawn`);
    return { path, fill: colour ?? null, ...(stroke !== undefined && { stroke: Number(width) }) };
  };
  return { tile: layer("tile"), bell: layer("bell"), clapper: layer("clapper"), sound: layer("sound") };
}

export const mark = (): Record<Part, Layer> => layersOf(readFileSync(FILE, "utf8"));
