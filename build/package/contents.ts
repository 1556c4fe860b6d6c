import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { extractFile, getRawHeader, listPackage, statFile } from "@electron/asar";

import { at, differing } from "./app-id.ts";

/** Files by their paths, with `/` between folders. */
export type Files = ReadonlyMap<string, Buffer>;

/** What an asar holds. */
export function readAsar(file: string): Files {
  const paths = listPackage(file, { isPack: false }).map((path) => path.slice(1));
  return new Map(
    paths.flatMap((path) =>
      "files" in statFile(file, path) ? [] : [[path.replaceAll("\\", "/"), extractFile(file, path)] as const],
    ),
  );
}

/** SHA-256 of the table of an asar, which holds those of its files: what Electron compares before it runs one. */
export const headerHash = (file: string): string => sha256(getRawHeader(file).headerString);
export const fileHash = (file: string): string => sha256(readFileSync(file));
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");

const FORBIDDEN = /\.(ts|tsx|svelte|map|md|pem|key|env|log)$|(^|\/)(node_modules|tests?|\.[^/]+)(\/|$)/;

/** What of an asar is not what was built, and nothing else. */
export function contentFaults(packed: Files, built: Files): string[] {
  const must = new Set([...built.keys(), "package.json"]);
  return [
    ...[...must].filter((path) => !packed.has(path)).map((path) => `${path} is missing`),
    ...[...packed.keys()].filter((path) => !must.has(path)).map((path) => `${path} was not built`),
    ...[...packed.keys()].filter((path) => FORBIDDEN.test(path)).map((path) => `${path} is for developers`),
    ...[...built].flatMap(([path, bytes]) =>
      packed.get(path)?.equals(bytes) === false ? [`${path} is not as it was built`] : [],
    ),
    ...manifestFaults(packed),
  ];
}

/** What starts the app says nothing of how it was made. */
function manifestFaults(packed: Files): string[] {
  const manifest = parsed(packed.get("package.json")?.toString() ?? "");
  if (manifest === undefined) return ["package.json cannot be read"];
  const main = String(at(manifest, "main")).replace("./", "");
  return [
    ...(packed.has(main) ? [] : [`package.json starts ${main}, which is missing`]),
    ...["dependencies", "devDependencies", "scripts"]
      .filter((key) => at(manifest, key) !== undefined)
      .map((key) => `package.json has ${key}`),
  ];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Words that no file has by chance: keys, tokens, and places of the machine that built it. */
const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}/],
  ["a token of a homeserver", /\b(syt|mct|mat|mxat)_[A-Za-z0-9]{6,}_[A-Za-z0-9_]{6,}/],
  ["a token of GitHub or npm", /\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|npm_[A-Za-z0-9]{30,})/],
  ["a key of Amazon's", /\bAKIA[A-Z0-9]{16}\b/],
  ["a signed token", /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}/],
];

/** Each secret in files of text, by what it is and never by its words. `places` are folders of this machine. */
export function secretFaults(files: Files, places: readonly string[]): string[] {
  return [...files].flatMap(([path, bytes]) => {
    const text = bytes.toString("latin1");
    return [
      ...SECRETS.flatMap(([what, pattern]) => (pattern.test(text) ? [`${path} holds ${what}`] : [])),
      ...places.flatMap((place) => (text.includes(place) ? [`${path} names a folder of this machine`] : [])),
    ];
  });
}

/** Bytes by what they are of, against a budget; whatever is in the one must be in the other. */
export const sizeFaults = (
  sizes: Readonly<Record<string, number>>,
  budget: Readonly<Record<string, number>>,
): string[] => [
  ...differing({ "what has a budget": [Object.keys(budget).toSorted(), Object.keys(sizes).toSorted()] }),
  ...Object.entries(sizes).flatMap(([name, size]) =>
    size > (budget[name] ?? 0) ? [`${name} has ${size} bytes, more than ${budget[name] ?? 0}`] : [],
  ),
];
