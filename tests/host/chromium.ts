import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

import { Connection, type Cdp } from "./cdp.ts";
import { addSwitch, headful, launch, setSwitch } from "./launch.ts";

/** A mark that is put into a window's title while a page captures that window; ASCII, or Chromium ignores it. */
export const captureMark = `capture-${randomUUID()}`;

const candidates = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const noise = /ALSA lib|dbus|unexpected operator|Fontconfig/;

const PATIENCE_MS = 5000;

let child: ChildProcess | undefined;
let connection: Connection | undefined;

/** The browser's own session. */
export function browser(): Cdp {
  return running().root;
}

export function session(id: string): Cdp {
  return running().session(id);
}

function running(): Connection {
  if (connection === undefined) throw new Error("Chromium starts when the app is ready");
  return connection;
}

/** @param resolverRules where the hosts of the app's own schemes are served */
export async function startChromium(
  profile: string,
  resolverRules: string,
  onGone: () => void,
): Promise<void> {
  mkdirSync(profile, { recursive: true });
  for (const text of (process.env["HOST_SWITCHES"] ?? "").split(/\s+/)) addSwitch(text);
  // Pages of the address bar, rendered for each window although none has one.
  setSwitch("disable-features", "WebUIOmniboxPopup,WebUIOmniboxAimPopup");
  const switches = new Map([
    ["no-first-run", ""],
    ["no-default-browser-check", ""],
    ["no-startup-window", ""],
    ["disable-component-update", ""],
    ["disable-dev-shm-usage", ""],
    ["disable-gpu", ""],
    ["disable-sync", ""],
    ["password-store", "basic"],
    ["log-level", "3"],
    // Electron's default.
    ["autoplay-policy", "no-user-gesture-required"],
    headful
      ? ["auto-select-desktop-capture-source", "Entire screen"]
      : ["auto-select-tab-capture-source-by-title", captureMark],
    ...(process.getuid?.() === 0 ? [["no-sandbox", ""] as const] : []),
    ...launch.switches,
    ...(headful ? [] : [["headless", "new"] as const]),
    ["remote-debugging-pipe", ""],
    ["user-data-dir", profile],
    ["host-resolver-rules", resolverRules],
  ]);
  const args = [...switches].map(([name, value]) => (value === "" ? `--${name}` : `--${name}=${value}`));
  await predecessorGone(profile);
  child = spawn(await findChromium(), args, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
  if (child.stderr !== null) {
    createInterface(child.stderr).on("line", (line) => {
      if (!noise.test(line)) process.stderr.write(`${line}\n`);
    });
  }
  connection = new Connection(child, onGone);
  const { product } = await connection.root.send("Browser.getVersion");
  Object.assign(process.versions, { chrome: product.replace(/^.*\//, "") });
}

/** Ends Chromium: by asking, then by force. */
export async function stopChromium(): Promise<void> {
  const chromium = child;
  if (chromium === undefined || chromium.exitCode !== null) return;
  const gone = new Promise((resolve) => chromium.once("exit", resolve));
  await connection?.root.send("Browser.close").catch(() => undefined);
  await Promise.race([gone, setTimeout(PATIENCE_MS)]);
  chromium.kill("SIGKILL");
}

/**
 * The Chromium of an instance that was killed is still on its way out when the next one starts, which would try to talk
 * to it for seconds. Its lock is a link to `host-pid`.
 */
async function predecessorGone(profile: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    try {
      const owner = Number(/\d+$/.exec(readlinkSync(join(profile, "SingletonLock")))?.[0]);
      process.kill(owner, 0);
    } catch {
      // No lock, or nobody who holds it.
      return;
    }
    await setTimeout(20);
  }
}

async function findChromium(): Promise<string> {
  const given = process.env["HOST_CHROMIUM"];
  if (given !== undefined && given !== "") return given;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const named = candidates.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = [...named, ...applications].find((path) => existsSync(path));
  if (found !== undefined) return found;
  const { chromium } = await import("@playwright/test");
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  throw new Error("no Chromium found: install one, or name its binary in HOST_CHROMIUM");
}
