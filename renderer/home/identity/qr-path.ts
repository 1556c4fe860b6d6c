import { encodeQR } from "qr";

import { bytesOf } from "./bytes.ts";

/** A code to be drawn: an SVG path over `size` × `size` modules. */
export interface QrPath {
  readonly size: number;
  readonly path: string;
}

/** The encoder knows no narrower one. */
const BORDER = 1;

/** Draws bytes (base64) as a QR code in binary mode, without a border. */
export function qrPath(data: string): QrPath {
  const rows = encodeQR(atob(data), "raw", {
    encoding: "byte",
    ecc: "medium",
    border: BORDER,
    textEncoder: bytesOf,
  })
    .slice(BORDER, -BORDER)
    .map((row) => row.slice(BORDER, -BORDER));
  const runs = rows.flatMap((row, y) => runsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`));
  return { size: rows.length, path: runs.join("") };
}

/** The dark runs of a row: where each begins, and how long it is. */
function runsOf(row: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = [];
  row.forEach((dark, x) => {
    const last = runs.at(-1);
    if (!dark) return;
    if (last && last[0] + last[1] === x) last[1] += 1;
    else runs.push([x, 1]);
  });
  return runs;
}
