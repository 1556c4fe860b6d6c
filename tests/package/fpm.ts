// Stands in for fpm, which electron-builder fetches to make debs: takes the arguments that it is given, and asks dpkg-deb.
// Of an rpm it writes down the arguments, in its place.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ALONE = new Set(["--force"]);

/** Values by their option, and what is to be put where. */
function read(args: readonly string[]) {
  const options = new Map<string, string[]>();
  const places: (readonly [from: string, to: string])[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    if (ALONE.has(word)) continue;
    if (word.startsWith("-")) options.set(word, [...(options.get(word) ?? []), args[++at] ?? ""]);
    else places.push([word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]);
  }
  return { options, places };
}

const args = process.argv.slice(2);
const { options, places } = read(args);
const one = (name: string): string => {
  const value = options.get(name)?.at(-1);
  if (value === undefined) throw new Error(`fpm was not given ${name}`);
  return value;
};

if (one("-t") === "rpm") writeFileSync(one("--package"), JSON.stringify(args));
else {
  const folder = mkdtempSync(join(tmpdir(), "carillon-fpm-"));
  chmodSync(folder, 0o755);
  for (const [from, to] of places) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(from, join(folder, to), { recursive: true, preserveTimestamps: true });
  }
  const size = execFileSync("du", ["-sk", folder]).toString().split("\t")[0];
  const description = one("--description")
    .split("\n")
    .map((line) => line.trim() || ".");
  const fields = {
    Package: one("--name"),
    Version: one("--version"),
    Architecture: one("--architecture"),
    Maintainer: one("--maintainer"),
    "Installed-Size": size,
    Depends: options.get("-d")?.join(", "),
    Recommends: options.get("--deb-recommends")?.join(", "),
    Section: one("--category"),
    Priority: one("--deb-priority"),
    Homepage: one("--url"),
    Description: description.join("\n "),
  };
  const control = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  mkdirSync(join(folder, "DEBIAN"));
  writeFileSync(join(folder, "DEBIAN/control"), control.join(""));
  cpSync(one("--after-install"), join(folder, "DEBIAN/postinst"));
  cpSync(one("--after-remove"), join(folder, "DEBIAN/postrm"));
  for (const script of ["postinst", "postrm"]) chmodSync(join(folder, "DEBIAN", script), 0o755);
  // The fastest level: what is packed is looked at, not how small it gets.
  execFileSync("dpkg-deb", ["--build", "--root-owner-group", "-Zxz", "-z0", folder, one("--package")]);
  rmSync(folder, { recursive: true });
}
