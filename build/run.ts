// node build/run.ts [--dev] [arguments of the app]: starts the built app, or electron-vite's dev loop.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { resolve } from "node:path";

import { electronBinary } from "./electron-binary.ts";

const root = resolve(import.meta.dirname, "..");
const { path, standIn } = electronBinary();
const dev = process.argv[2] === "--dev";
const args = process.argv.slice(dev ? 3 : 2);
const isRoot = process.getuid?.() === 0;
const env = process.env;
const seen = process.platform !== "linux" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
// electron-vite drops port 0.
const DEV_PORT = 9433;

if (standIn) {
  const where = seen ? "" : ", without a screen";
  console.log(`Electron's binary is not here: running in the stand-in (tests/host) on Chromium${where}.`);
}

function devLoop(): readonly [string, readonly string[]] {
  const cli = resolve(
    createRequire(import.meta.url).resolve("electron-vite/package.json"),
    "../bin/electron-vite.js",
  );
  const options = ["dev", "--config", "build/electron.vite.config.ts"];
  if (isRoot) options.push("--noSandbox");
  // The only way to look at windows that no screen shows.
  if (standIn && !seen) options.push("--remote-debugging-port", String(DEV_PORT));
  return [process.execPath, [cli, ...options, "--", ...args]];
}

const [command, given] = dev
  ? devLoop()
  : ([path, [...(isRoot ? ["--no-sandbox"] : []), ".", ...args]] as const);
const child = spawn(command, given, {
  cwd: root,
  stdio: "inherit",
  env: { ...env, ELECTRON_EXEC_PATH: path, ...(standIn && seen ? { HOST_HEADFUL: "1" } : {}) },
});
// A terminal's Ctrl-C reaches the child by itself; we only outlive it.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  console.error(`cannot start ${command}: ${error.message}`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === null ? 0 : 1);
});
