// node build/release/sums.ts <folder>: writes SHA256SUMS of the folder's files into it, as `sha256sum --check` reads it.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { sha256 } from "./sha256.ts";

const [, , folder = "."] = process.argv;
const SUMS = "SHA256SUMS";

const files = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== SUMS)
  .map(({ name }) => name)
  .toSorted();
if (files.length === 0) throw new Error(`there is nothing to sum in ${folder}`);
let text = "";
for (const name of files) text += `${await sha256(join(folder, name))}  ${name}\n`;
writeFileSync(join(folder, SUMS), text);
process.stdout.write(text);
