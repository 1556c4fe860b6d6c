import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { electronBinary } from "../../build/electron-binary.ts";
import { startStack } from "../stack/stack.ts";
import { App } from "../support/app.ts";
import { makeRoom, signUp } from "../support/people.ts";
import { processTree } from "./processes.ts";
import type { Row } from "./table.ts";

const ROOMS = 1_000;
const ROUNDS = 7;
const IDLE_MS = 60_000;
/** The line of the log, with its time. */
const READY = /^(\S+) info ready to ring$/m;

/** A large account whose app starts hidden, as at login, and then only waits. */
export async function run(): Promise<Row[]> {
  const stack = await startStack();
  let app: App | undefined;
  try {
    const alice = await signUp(stack.homeserver, "alice");
    for (let at = 1; at <= ROOMS; at++) await makeRoom(alice, [], { name: `Room ${at}` });
    app = await App.launch();
    const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
    await home.getByText(`Room ${ROOMS}`, { exact: true }).waitFor({ timeout: 120_000 });
    await app.close();

    const starts: number[] = [];
    let idle: { rssMiB: number; share: number } | undefined;
    while (starts.length < ROUNDS) {
      const started = await start(app.profile, starts.length === ROUNDS - 1);
      starts.push(started.ms);
      idle = started.idle ?? idle;
    }
    return [
      { name: `start, hidden -> ready to ring, ${ROOMS} rooms`, unit: "ms", values: starts, aim: 1_500 },
      {
        name: "main process without windows: resident",
        unit: "MiB",
        values: idle ? [idle.rssMiB] : [],
      },
      {
        name: `main process without windows: processor, over ${IDLE_MS / 1000} s`,
        unit: "% of a core",
        values: idle ? [idle.share] : [],
      },
    ];
  } finally {
    await app?.end();
    await stack.stop();
  }
}

async function start(
  profile: string,
  stay: boolean,
): Promise<{ ms: number; idle?: { rssMiB: number; share: number } }> {
  const { path } = electronBinary();
  const root = new URL("../..", import.meta.url).pathname;
  const file = join(profile, "logs/carillon.log");
  const before = (await readFile(file, "utf8")).length;
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const began = Date.now();
  const child = spawn(path, [...args, root, `--user-data-dir=${profile}`, "--hidden"], {
    cwd: root,
    stdio: "ignore",
  });
  const gone = once(child, "exit");
  try {
    let found: RegExpExecArray | null = null;
    while (!found) {
      if (child.exitCode !== null) throw new Error("the app ended while it started");
      await setTimeout(20);
      found = READY.exec((await readFile(file, "utf8")).slice(before));
    }
    const ms = Date.parse(found[1] ?? "") - began;
    if (!stay) return { ms };
    const main = () => processTree(child.pid ?? NaN)[0];
    const then = main();
    await setTimeout(IDLE_MS);
    const now = main();
    if (!then || !now) throw new Error("the app ended while it waited");
    return { ms, idle: { rssMiB: now.rssMiB, share: ((now.cpuMs - then.cpuMs) / IDLE_MS) * 100 } };
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
}
