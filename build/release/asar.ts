import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { sha256 } from "./sha256.ts";

/** A line on each `app.asar` that electron-builder left in its folder: its hash, and which of the folder's apps it is in. */
export async function asarFacts(dist: string): Promise<string> {
  const found = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "app.asar")
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (found.length === 0) throw new Error(`there is no app.asar in ${dist}`);
  const lines = found.map(async (path) => {
    const [app = ""] = relative(dist, dirname(path)).split(/[\\/]/);
    return `  - app.asar of ${app}: \`sha256:${await sha256(path)}\`\n`;
  });
  return (await Promise.all(lines)).join("");
}
