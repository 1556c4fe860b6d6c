import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { electronBinary } from "../../build/electron-binary.ts";
import { startStack, type Stack } from "../stack/stack.ts";
import { App } from "../support/app.ts";
import { callButton } from "../support/call-window.ts";
import { ring } from "../support/callers.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  sendEvent,
  sendState,
  signUp,
  type Person,
} from "../support/people.ts";
import { processTree } from "../support/processes.ts";
import type { Row } from "./table.ts";

const ROOMS = 1_000;
/** Of them, the direct rooms, each with somebody else and with messages. */
const DIRECT = 50;
const MESSAGES = 10;
const ROUNDS = 7;
const IDLE_MS = 60_000;
/** The next start waits until the ring is over, so that it does not ring on. */
const LIFETIME_MS = 20_000;
/** The line of the log, with its time. */
const RINGS = /^(\S+) info rings$/m;

interface Caller {
  readonly person: Person;
  readonly room: string;
}
interface Start {
  /** Ms from the start of the process until the ring is on the server, and until it is shown. */
  readonly sent: number;
  readonly shown: number;
  readonly idle?: { readonly rssMiB: number; readonly share: number };
}

/** A large account whose app starts hidden, as at login, while somebody rings; then it only waits. */
export async function run(): Promise<Row[]> {
  const stack = await startStack();
  let app: App | undefined;
  try {
    const alice = await signUp(stack.homeserver, "alice");
    const callers = await fill(stack, alice);
    app = await App.launch();
    const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
    await callButton(home, "Bob").first().waitFor({ timeout: 120_000 });
    await app.close();

    const starts: Start[] = [];
    // Nobody rings twice: many rings of one person are not shown.
    for (const [at, caller] of callers.slice(0, ROUNDS).entries())
      starts.push(await start(app.profile, alice, caller, at === ROUNDS - 1));
    const idle = starts.flatMap((one) => one.idle ?? []);
    const row = (name: string, pick: (start: Start) => number): Row => ({
      name,
      unit: "ms",
      values: starts.map(pick),
    });
    return [
      {
        ...row(`start, hidden -> a ring of meanwhile is shown, ${ROOMS} rooms`, ({ shown }) => shown),
        aim: 1_500,
      },
      row("  the ring is on the server", ({ sent }) => sent),
      {
        name: "main process without windows: resident",
        unit: "MiB",
        values: idle.map(({ rssMiB }) => rssMiB),
      },
      {
        name: `main process without windows: processor, over ${IDLE_MS / 1000} s`,
        unit: "% of a core",
        values: idle.map(({ share }) => share),
      },
    ];
  } finally {
    await app?.end();
    await stack.stop();
  }
}

/** Gives the person all their rooms, and tells who of the direct ones may ring. */
async function fill(stack: Stack, person: Person): Promise<readonly Caller[]> {
  await atOnce(ROOMS - DIRECT, async (at) => void (await makeRoom(person, [], { name: `Room ${at + 1}` })));
  const callers: Caller[] = [];
  await atOnce(DIRECT, async () => {
    const other = await signUp(stack.homeserver, freshName("bob"));
    const room = await makeRoom(other, [person], { encrypted: false });
    for (let at = 0; at < MESSAGES; at++)
      await sendEvent(other, room, "m.room.message", { msgtype: "m.text", body: `Message ${at}` });
    callers.push({ person: other, room });
  });
  // All in one: it is one event of the account.
  const direct = Object.fromEntries(callers.map((caller) => [caller.person.userId, [caller.room]]));
  const path = `/v3/user/${encodeURIComponent(person.userId)}/account_data/m.direct`;
  await person.request("PUT", path, direct);
  return callers;
}

async function atOnce(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

async function start(profile: string, rung: Person, caller: Caller, stay: boolean): Promise<Start> {
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
    await ring(caller.person, caller.room, { of: rung.userId, lifetime: LIFETIME_MS });
    const sentAt = Date.now();
    const overAt = sentAt + LIFETIME_MS;
    let found: RegExpExecArray | null = null;
    while (!found) {
      if (child.exitCode !== null) throw new Error("the app ended while it started");
      if (Date.now() > overAt) throw new Error("the ring was over before it was shown");
      await setTimeout(20);
      found = RINGS.exec((await readFile(file, "utf8")).slice(before));
    }
    const times = { sent: sentAt - began, shown: Date.parse(found[1] ?? "") - began };
    await hangUp(caller);
    await setTimeout(overAt - Date.now());
    return stay ? { ...times, idle: await idle(child.pid ?? NaN) } : times;
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
}

const hangUp = ({ person, room }: Caller) =>
  sendState(person, room, {
    type: callMemberType,
    stateKey: `_${person.userId}_${person.deviceId}_m.call`,
    content: {},
  });

async function idle(pid: number): Promise<{ rssMiB: number; share: number }> {
  const main = () => processTree(pid)[0];
  const then = main();
  await setTimeout(IDLE_MS);
  const now = main();
  if (!then || !now) throw new Error("the app ended while it waited");
  return { rssMiB: now.rssMiB, share: ((now.cpuMs - then.cpuMs) / IDLE_MS) * 100 };
}
