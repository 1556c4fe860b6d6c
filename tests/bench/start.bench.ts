import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { chromium, type Page } from "@playwright/test";

import { electronBinary } from "../../build/electron-binary.ts";
import { App } from "../support/app.ts";
import { makeRoom, signUp } from "../support/people.ts";
import { startStack } from "../stack/stack.ts";
import type { Row } from "./table.ts";

const ROOMS = 50;
const ROUNDS = 7;

/** From the start of the process, as a user's click starts it, to the home window with the account's rooms. */
export async function run(): Promise<Row[]> {
  const stack = await startStack();
  let app: App | undefined;
  try {
    const alice = await signUp(stack.homeserver, "alice");
    const bob = await signUp(stack.homeserver, "bob");
    for (let at = 1; at <= ROOMS; at++) await makeRoom(alice, [bob], { name: `Room ${at}` });
    app = await App.launch();
    const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
    await home.getByText(`Room ${ROOMS}`, { exact: true }).waitFor();
    await app.close();

    const starts: Start[] = [];
    while (starts.length < ROUNDS) starts.push(await start(app.profile));
    const row = (name: string, pick: (start: Start) => number): Row => ({
      name,
      unit: "ms",
      values: starts.map(pick),
    });
    return [
      {
        ...row(`start -> rooms in the home window, session of ${ROOMS} rooms`, ({ rooms }) => rooms),
        aim: 1500,
      },
      row("  Chromium runs", ({ chromium }) => chromium),
      row("  home window's page begins", ({ page }) => page),
    ];
  } finally {
    await app?.end();
    await stack.stop();
  }
}

/** Ms since the process was started. */
interface Start {
  readonly chromium: number;
  readonly page: number;
  readonly rooms: number;
}

/** Not by the test tool's launch, which holds an app up until it is attached. */
async function start(profile: string): Promise<Start> {
  const { path } = electronBinary();
  const root = new URL("../..", import.meta.url).pathname;
  const args = ["--remote-debugging-port=0", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
  const began = Date.now();
  const child = spawn(path, [...args, root, `--user-data-dir=${profile}`], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = once(child, "exit");
  try {
    const endpoint = await new Promise<string>((resolve, reject) => {
      createInterface(child.stderr).on("line", (line) => {
        const [, found] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once("exit", () => reject(new Error("the app ended while it started")));
    });
    const running = Date.now();
    const browser = await chromium.connectOverCDP(endpoint);
    const [context] = browser.contexts();
    if (!context) throw new Error("Chromium has no windows");
    const home = context.pages()[0] ?? (await context.waitForEvent("page"));
    // It is blank before it is what it will be.
    await home.waitForURL(/\/home\//, { waitUntil: "commit" });
    const { page, rooms } = await usable(home);
    await browser.close();
    return { chromium: running - began, page: page - began, rooms: rooms - began };
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
}

/** Epoch ms by the page's own clock, so that it matters little how late the test tool comes. */
function usable(home: Page): Promise<{ page: number; rooms: number }> {
  return home.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => {
          if (document.querySelectorAll("main li[aria-label]").length === 0) return;
          observer.disconnect();
          // After the frame that shows them.
          requestAnimationFrame(() =>
            setTimeout(() => {
              const { timeOrigin } = performance;
              resolve({ page: timeOrigin, rooms: timeOrigin + performance.now() });
            }),
          );
        };
        const observer = new MutationObserver(look);
        observer.observe(document, { childList: true, subtree: true });
        look();
      }),
  );
}
