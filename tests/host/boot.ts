// Runs an app's main process in plain Node, with the module `electron` answered by electron.ts.
import { readFileSync, statSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { addSwitch, electronVersion, launch } from "./launch.ts";

const standIn = new URL("./electron.ts", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    /^electron(\/(main|common))?$/.test(specifier)
      ? { url: standIn, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});

const [, , executable = "", ...args] = process.argv;
const required: string[] = [];
let entry: string | undefined;
for (let i = 0; i < args.length; i++) {
  const argument = args[i] ?? "";
  if (argument === "-r" || argument === "--require") required.push(resolve(args[++i] ?? ""));
  else if (argument.startsWith("--")) addSwitch(argument);
  else entry ??= resolve(argument);
}
if (entry === undefined) throw new Error("no app given: electron [--switches] <app folder | main file>");

process.argv = [executable, ...args];
process.execPath = executable;
for (const [name, value] of Object.entries({
  type: "browser",
  defaultApp: true,
  resourcesPath: join(dirname(executable), "resources"),
})) {
  Object.defineProperty(process, name, { value });
}
Object.assign(process.versions, { electron: electronVersion });

let main = entry;
launch.executable = executable;
launch.folder = dirname(entry);
if (statSync(entry).isDirectory()) {
  const manifest = JSON.parse(readFileSync(join(entry, "package.json"), "utf8"));
  main = resolve(entry, manifest.main ?? "index.js");
  launch.folder = entry;
  launch.name = manifest.productName ?? manifest.name ?? launch.name;
  launch.version = manifest.version ?? launch.version;
}

const { start } = await import("./start.ts");
const require = createRequire(join(launch.folder, "package.json"));
for (const file of required) require(file);
await import(pathToFileURL(main).href);
// Only now, so that `app.commandLine.appendSwitch` at the top of the app still counts.
await start();
