/** A line of the bench's table: what was measured how often. */
export interface Row {
  readonly name: string;
  readonly unit: "ms" | "MiB" | "KiB" | "fps" | "×" | "% of a core";
  /** One for each repetition. */
  readonly values: readonly number[];
  /** At most so much. */
  readonly aim?: number;
  /** What Element Call takes on 2 cores in the same part of a call, to compare with. */
  readonly elementCall?: string;
}

const HEAD = ["", "median", "min–max", "n", "unit", "aim", "Element Call"];

export function printTable(title: string, rows: readonly Row[]): void {
  const lines = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  console.log(`\n${title}`);
  for (const line of lines)
    console.log(
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    );
}

function cells({ name, unit, values, aim, elementCall }: Row): string[] {
  const several = values.length > 1;
  return [
    name,
    figure(median(values)),
    several ? `${figure(Math.min(...values))}–${figure(Math.max(...values))}` : "",
    String(values.length),
    unit,
    aim === undefined ? "" : `≤ ${aim}`,
    elementCall ?? "",
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below = NaN, above = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
}

/** Three digits are what repeats. */
const figure = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : value.toPrecision(3).replace(/\.?0+$/, "");
