// node build/release/notes.ts <folder>: what a release says before its list of changes, made of the facts that the jobs
// of installers.ts left in the folder.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [, , folder = "."] = process.argv;
const facts = readdirSync(folder)
  .filter((name) => name.endsWith(".md"))
  .toSorted()
  .map((name) => readFileSync(join(folder, name), "utf8"));
if (facts.length === 0) throw new Error(`there are no facts of installers in ${folder}`);

process.stdout.write(`## The app inside

Every installer holds the app as one file, \`app.asar\`, which anybody can build again from this tag:
\`npm run verify-release -- <installer>\`. How to verify a download in other ways is in \`docs/installing.md\`.

${facts.join("")}`);
