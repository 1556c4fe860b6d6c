// node build/release/installers.ts <name> <folder> <electron-builder's arguments>: makes installers of what
// `npm run build` left, signed where the keys are in the environment, and says in <folder>/facts/<name>.md what was made.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { asarFacts } from "./asar.ts";
import { signing } from "./signing.ts";

const [, , name, folder, ...args] = process.argv;
if (!name || !folder) throw new Error("usage: installers.ts <name> <folder> <arguments>");
const root = join(import.meta.dirname, "../..");
const dist = resolve(folder);
// Where the app looks for its updates: the releases of the repository that builds it.
const [owner, repo] = (process.env["GITHUB_REPOSITORY"] ?? "").split("/");
const updates = owner && repo ? ["provider=github", `owner=${owner}`, `repo=${repo}`] : [];
const secret = mkdtempSync(join(tmpdir(), "carillon-signing-"));

let made: string;
try {
  const { env, options, says } = signing(process.platform, process.env, (text) => {
    const path = join(secret, "apple.p8");
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  });
  made = `${name}: ${says}`;
  console.log(made);
  const builder = join(root, "node_modules/electron-builder/cli.js");
  const { status, error } = spawnSync(
    process.execPath,
    [
      builder,
      "--publish",
      "never",
      `-c.directories.output=${dist}`,
      ...updates.map((option) => `-c.publish.${option}`),
      ...options,
      ...args,
    ],
    { cwd: root, env, stdio: "inherit" },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`electron-builder: exit code ${status}`);
} finally {
  rmSync(secret, { recursive: true });
}
mkdirSync(join(dist, "facts"), { recursive: true });
writeFileSync(join(dist, "facts", `${name}.md`), `- ${made}\n${await asarFacts(dist)}`);
