import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as passed } from "node:timers/promises";

import type { Command } from "./install-plans.ts";

/** What tells that the app lives: its home window, whose script ran, asks where to sign in. */
const ASKS = 'document.querySelector("input") !== null';
const GRACE_MS = 10_000;

/**
 * Starts the app on new data and ends it once its home window asks where to sign in. Throws with what it wrote where it
 * ends before that, or where it takes longer than `withinMs`. The packaged app can be looked at by Chromium's own
 * debugging alone: its fuses keep Node's closed.
 */
export async function starts(
  [program, ...args]: Command,
  {
    data,
    env = {},
    withinMs = 90_000,
  }: { data: string; env?: NodeJS.ProcessEnv | undefined; withinMs?: number | undefined },
): Promise<void> {
  // Chromium's sandbox does not work as root.
  const switches = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const app = spawn(program, [...args, ...switches, `--user-data-dir=${data}`, "--remote-debugging-port=0"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [app.stdout, app.stderr])
    stream.on("data", (some: Buffer) => {
      output += some.toString();
    });
  const over = new AbortController();
  try {
    await Promise.race([
      asks(() => output, over.signal),
      once(app, "exit", over).then(([code, signal]: unknown[]) => {
        throw new Error(`it ended by itself: ${code ?? signal}`);
      }),
      passed(withinMs, undefined, over).then(() => {
        throw new Error(`it showed no window within ${withinMs / 1000} s`);
      }),
    ]);
  } catch (error) {
    throw new Error(`${program} does not start\n${output}`, { cause: error });
  } finally {
    over.abort();
    await end(app);
  }
}

async function asks(output: () => string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [, host] = /DevTools listening on ws:\/\/([^/\s]+)/.exec(output()) ?? [];
    if (host !== undefined && (await homeAsks(host).catch(() => false))) return;
    await passed(250, undefined, { signal });
  }
}

async function homeAsks(host: string): Promise<boolean> {
  const pages = (await (await fetch(`http://${host}/json/list`)).json()) as readonly {
    // Chromium's own format.
    readonly url: string;
    readonly webSocketDebuggerUrl: string;
  }[];
  const home = pages.find(({ url }) => new URL(url).pathname.startsWith("/home/"));
  return home !== undefined && (await evaluate(home.webSocketDebuggerUrl, ASKS)) === true;
}

async function evaluate(url: string, expression: string): Promise<unknown> {
  const socket = new WebSocket(url);
  try {
    await once(socket, "open");
    const message = once(socket, "message");
    socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } }));
    // Chromium's own format, here and below.
    const [{ data }] = (await message) as [{ readonly data: string }];
    return (JSON.parse(data) as { readonly result?: { readonly result?: { readonly value?: unknown } } })
      .result?.result?.value;
  } finally {
    socket.close();
  }
}

async function end(app: ChildProcess): Promise<void> {
  if (app.exitCode !== null || app.signalCode !== null || app.pid === undefined) return;
  const gone = once(app, "exit");
  app.kill();
  await Promise.race([gone, passed(GRACE_MS, undefined, { ref: false }).then(() => app.kill("SIGKILL"))]);
  await gone;
}
