import * as v from "valibot";

/** The app's name to every system, and those of what it opens: electron-builder.yml and package.json say the same. */
export const APP_ID = "im.carillon.Carillon";
export const SCHEMES = ["carillon", "matrix"] as const;

const record = v.record(v.string(), v.unknown());

/** A value deep inside parsed JSON, YAML or plist; undefined where there is none. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      Array.isArray(inner) ? inner[Number(key)] : v.is(record, inner) ? inner[String(key)] : undefined,
    value,
  );
}

/** Says of each value that is not what it must be: what it is called, and both. */
export const differing = (
  wanted: Readonly<Record<string, readonly [is: unknown, must: unknown]>>,
): string[] =>
  Object.entries(wanted).flatMap(([name, [is, must]]) =>
    JSON.stringify(is) === JSON.stringify(must)
      ? []
      : [`${name} is ${JSON.stringify(is) ?? "missing"}, not ${JSON.stringify(must)}`],
  );
