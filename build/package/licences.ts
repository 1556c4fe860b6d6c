import * as v from "valibot";

/** A package of which code is in the bundles. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** What it asks to be shipped with it; null where it brings no such file. */
  readonly text: string | null;
}

/** Licences that ask for a notice and for nothing else of an app that bundles what is under them. */
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
]);

/** Whether one may choose licences of an SPDX expression that all are allowed. AND binds closer than OR. */
export function allowed(expression: string): boolean {
  const inner = /\(([^()]*)\)/.exec(expression);
  if (inner) return allowed(expression.replace(inner[0], allowed(inner[1] ?? "") ? "0BSD" : "none"));
  return expression
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((licence) => ALLOWED.has(licence.trim())));
}

const typed = v.object({ type: v.string() });
const manifest = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.union([v.string(), typed])),
  licenses: v.optional(v.array(typed)),
});

/**
 * A package by its package.json, in the older spellings too, and its licence file, whose title counts where the first
 * names no licence; throws where neither does.
 */
export function readPackage(json: unknown, text: string | null): Bundled {
  const { name, version, license, licenses } = v.parse(manifest, json);
  const said =
    (typeof license === "string" ? license : license?.type) ??
    licenses?.map(({ type }) => type).join(" OR ") ??
    (text?.startsWith("MIT License\n") ? "MIT" : undefined);
  if (!said) throw new Error(`${name} ${version} names no licence`);
  return { name, version, license: said.replace(/^\(([^()]*)\)$/, "$1"), text };
}

/** Throws for packages that must not be shipped. */
export function refuse(packages: readonly Bundled[]): void {
  const wrong = packages.filter(({ license }) => !allowed(license));
  if (wrong.length > 0)
    throw new Error(
      `under a licence that is not known to be fit: ${wrong.map((one) => `${one.name} ${one.version} (${one.license})`).join(", ")}`,
    );
}

/** The list for the bill of materials: what is in it, by its package URL. */
export const packageList = (packages: readonly Bundled[]) =>
  packages.map(({ name, version, license }) => ({
    name,
    version,
    license,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
  }));

/** The text that is shipped with the app. Packages with one and the same text share it. */
export function thirdParty(packages: readonly Bundled[]): string {
  const byText = Map.groupBy(packages, ({ text, license }) => text?.trim() ?? `Licence: ${license}`);
  const parts = [...byText].map(([text, sharing]) =>
    [...sharing.map((one) => `${one.name} ${one.version} (${one.license})`), "", text].join("\n"),
  );
  return [
    "Carillon is built with these packages. Electron, Chromium and Node.js say theirs in files of their own.",
    ...parts,
    "",
  ].join(`\n\n${"-".repeat(80)}\n\n`);
}
