/** A size in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `width` and `height` are those of one tile. */
export interface Grid extends Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Stage {
  /** Where the people's film strip lies. */
  readonly strip: "right" | "below";
  /** One tile of the strip. */
  readonly tile: Size;
  readonly screens: Grid;
}

export const GAP = 8;

const VIDEO = 16 / 9;
/** People may be cropped to shapes between these; screens never are. */
const NARROWEST = 3 / 4;
const WIDEST = VIDEO;
/** No face is told from another in a narrower tile: beyond, the grid scrolls. */
const LEAST_WIDTH = 104;

/**
 * The columns, rows and tile size that show most of `count` videos in an area. Where tiles would be narrower than 104 px (or
 * than the area, where that is less), the rows go on below the area, to be scrolled to.
 */
export function gridOf(count: number, area: Size, kind: "people" | "screens" = "people"): Grid {
  const least = Math.min(LEAST_WIDTH, Math.max(1, area.width));
  const fitting = Array.from({ length: count }, (_, index) => index + 1)
    .map((columns) => tiled(count, columns, area, kind))
    .filter(({ width, height }) => width >= least && height > 0);
  const [first, ...others] = fitting;
  if (first === undefined) return scrolled(count, area.width, least);
  return others.reduce((best, grid) => (shown(grid) > shown(best) ? grid : best), first);
}

/** Shared screens get the stage, people a film strip along the side that leaves more of it. */
export function stageOf(screens: number, area: Size): Stage {
  const strip = area.width >= area.height ? "right" : "below";
  const tile =
    strip === "right"
      ? wide(clamp(area.width * 0.2, 120, 240))
      : wide(clamp(area.height * 0.16, 72, 150) * VIDEO);
  const stage =
    strip === "right"
      ? { width: area.width - tile.width - GAP, height: area.height }
      : { width: area.width, height: area.height - tile.height - GAP };
  return { strip, tile, screens: gridOf(screens, stage, "screens") };
}

/** One's own picture in the corner of a call of two. */
export function cornerOf(area: Size): Size {
  const width = clamp(Math.min(area.width * 0.26, area.height * 0.4), 96, 280);
  // Upright where the window is.
  return area.width < area.height
    ? { width: Math.floor(width), height: Math.floor(width / NARROWEST) }
    : wide(width);
}

function tiled(count: number, columns: number, area: Size, kind: "people" | "screens"): Grid {
  const rows = Math.ceil(count / columns);
  const width = share(area.width, columns);
  const height = share(area.height, rows);
  if (kind === "screens") return { columns, rows, width, height };
  return {
    columns,
    rows,
    width: Math.floor(Math.min(width, height * WIDEST)),
    height: Math.floor(Math.min(height, width / NARROWEST)),
  };
}

function scrolled(count: number, available: number, least: number): Grid {
  const columns = clamp(Math.floor((available + GAP) / (least + GAP)), 1, Math.max(1, count));
  const width = Math.max(1, share(available, columns));
  // Small tiles are taller: a name and a face need room one above the other.
  return { columns, rows: Math.ceil(count / columns), width, height: Math.max(1, Math.floor(width * 0.75)) };
}

/** How many pixels of video a tile of this shape shows, cropped or framed. */
function shown({ width, height }: Size): number {
  const shape = width / height / VIDEO;
  return width * height * Math.min(shape, 1 / shape);
}

const share = (length: number, parts: number) => Math.floor((length - GAP * (parts - 1)) / parts);
const wide = (width: number): Size => ({
  width: Math.floor(width),
  height: Math.max(1, Math.floor(width / VIDEO)),
});
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
