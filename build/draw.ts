import { crc32, deflateSync } from "node:zlib";

type Point = readonly [x: number, y: number];
type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/** A shape, as SVG's `path` has it, with the commands `M C c h Z`; `null` as a colour cuts out what is below. */
export interface Layer {
  readonly path: string;
  readonly fill: string | null;
  /** Draws the line instead of what it encloses, this thick, with round ends. */
  readonly stroke?: number;
}

/** The square of the drawing that fills the picture. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** Samples across and down each pixel: an edge takes a smaller part of a large picture. */
const samplesAcross = (pixels: number): number => (pixels < 256 ? 6 : 3);
const CURVE_STEPS = 12;

/** A PNG of so many pixels across and down. */
export function draw(layers: readonly Layer[], view: View, pixels: number): Buffer {
  const shapes = layers.map(({ path, fill, stroke }) => {
    const lines = flatten(path);
    const covers = stroke === undefined ? inside(lines) : near(lines, stroke / 2);
    return {
      covers: within(lines, (stroke ?? 0) / 2, covers),
      colour: fill === null ? null : channels(fill),
    };
  });
  const image = Buffer.alloc(pixels * (pixels * 4 + 1));
  const across = samplesAcross(pixels);
  const step = view.size / pixels / across;
  for (let row = 0; row < pixels; row++)
    for (let column = 0; column < pixels; column++) {
      let sum: Rgba = [0, 0, 0, 0];
      for (let sample = 0; sample < across ** 2; sample++) {
        const x = view.x + (column * across + (sample % across) + 0.5) * step;
        const y = view.y + (row * across + Math.floor(sample / across) + 0.5) * step;
        const colour = shapes.findLast(({ covers }) => covers([x, y]))?.colour ?? null;
        if (colour === null) continue;
        const [red, green, blue] = colour;
        sum = [sum[0] + red, sum[1] + green, sum[2] + blue, sum[3] + 1];
      }
      const [red, green, blue, hits] = sum;
      const pixel = hits === 0 ? [0, 0, 0] : [red, green, blue].map((channel) => Math.round(channel / hits));
      image.set([...pixel, Math.round((hits * 255) / across ** 2)], row * (pixels * 4 + 1) + 1 + column * 4);
    }
  return png(image, pixels);
}

const channels = (hex: string): readonly [number, number, number] => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** The lines of a path: curves in short steps. */
function flatten(path: string): Point[][] {
  const lines: Point[][] = [];
  let line: Point[] = [];
  let at: Point = [0, 0];
  for (const [, command = "", numbers = ""] of path.matchAll(/([MCchZ])([^MCchZ]*)/g)) {
    const values = numbers
      .trim()
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number);
    const from = command === "C" ? ([0, 0] as const) : at;
    const point = (index: number): Point => [
      from[0] + (values[index] ?? 0),
      from[1] + (values[index + 1] ?? 0),
    ];
    if (command === "M") {
      at = [values[0] ?? 0, values[1] ?? 0];
      lines.push((line = [at]));
    } else if (command === "h") {
      at = [at[0] + (values[0] ?? 0), at[1]];
      line.push(at);
    } else if (command === "Z") {
      at = line[0] ?? at;
      line.push(at);
    } else {
      const [start, one, two, end] = [at, point(0), point(2), point(4)];
      for (let step = 1; step <= CURVE_STEPS; step++)
        line.push(bezier([start, one, two, end], step / CURVE_STEPS));
      at = end;
    }
  }
  return lines;
}

function bezier([a, b, c, d]: readonly [Point, Point, Point, Point], t: number): Point {
  const mix = (axis: 0 | 1) =>
    (1 - t) ** 3 * a[axis] +
    3 * (1 - t) ** 2 * t * b[axis] +
    3 * (1 - t) * t ** 2 * c[axis] +
    t ** 3 * d[axis];
  return [mix(0), mix(1)];
}

const segments = (lines: Point[][]): (readonly [Point, Point])[] =>
  lines.flatMap((line) => line.slice(1).map((end, index) => [line[index] ?? end, end] as const));

type Covers = (point: Point) => boolean;

/** Most samples lie nowhere near a shape. */
function within(lines: Point[][], margin: number, covers: Covers): Covers {
  const [xs, ys] = [lines.flat().map(([x]) => x), lines.flat().map(([, y]) => y)];
  const [left, right] = [Math.min(...xs) - margin, Math.max(...xs) + margin];
  const [top, bottom] = [Math.min(...ys) - margin, Math.max(...ys) + margin];
  return (point) =>
    point[0] >= left && point[0] <= right && point[1] >= top && point[1] <= bottom && covers(point);
}

/** By the even-odd rule. Each row of samples crosses the same few edges. */
function inside(lines: Point[][]): Covers {
  const edges = segments(lines);
  const crossings = each((y) =>
    edges
      .filter(([[, y1], [, y2]]) => y1 > y !== y2 > y)
      .map(([[x1, y1], [x2, y2]]) => x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)),
  );
  return ([x, y]) => crossings(y).filter((crossing) => x < crossing).length % 2 === 1;
}

function near(lines: Point[][], distance: number): Covers {
  const edges = segments(lines);
  const beside = each((y) =>
    edges.filter(([[, y1], [, y2]]) => y > Math.min(y1, y2) - distance && y < Math.max(y1, y2) + distance),
  );
  return ([x, y]) =>
    beside(y).some(([[x1, y1], [x2, y2]]) => {
      if (Math.min(x1, x2) - x > distance || x - Math.max(x1, x2) > distance) return false;
      const [dx, dy] = [x2 - x1, y2 - y1];
      const along = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx ** 2 + dy ** 2 || 1)));
      return Math.hypot(x - x1 - along * dx, y - y1 - along * dy) <= distance;
    });
}

/** Computes a row's answer once. */
function each<Answer>(compute: (y: number) => Answer): (y: number) => Answer {
  const known = new Map<number, Answer>();
  return (y) => {
    const answer = known.get(y) ?? compute(y);
    known.set(y, answer);
    return answer;
  };
}

/** `rows` are 8-bit RGBA, each after the number of its filter, which is none. */
function png(rows: Buffer, pixels: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
