import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { stubElectron } from "./stub-electron.ts";

/**
 * Packs what `npm run build` left in a checkout, in an empty folder, and returns the app.asar: the same file as in each
 * installer, on every system. Needs neither Electron nor a network.
 */
export async function localAsar(root: string, folder: string): Promise<string> {
  const electron = join(folder, "electron");
  stubElectron(root, "linux", electron);
  const builder = join(root, "node_modules/electron-builder/cli.js");
  const options = [`electronDist=${electron}`, `directories.output=${join(folder, "dist")}`];
  await promisify(execFile)(
    process.execPath,
    [
      builder,
      "--linux",
      "--x64",
      "--dir",
      "--publish",
      "never",
      "--projectDir",
      root,
      ...options.map((option) => `-c.${option}`),
    ],
    { cwd: root },
  );
  return join(folder, "dist/linux-unpacked/resources/app.asar");
}
