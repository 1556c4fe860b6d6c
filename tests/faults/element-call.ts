import { expect } from "@playwright/test";

import { startStack, type Stack } from "../stack/stack.ts";
import { ElementCall } from "../support/element-call/element-call.ts";
import { serveElementCall } from "../support/element-call/site.ts";
import { freshName, makeRoom, signUp, type Person } from "../support/people.ts";
import { truthOf } from "./truth.ts";

/** What the same fault does to a call of two Element Calls, in its default mode. Ms, as in `Outcome`. */
export interface Comparison {
  readonly goneMs: number | null;
  readonly backMs: number | null;
}

interface Pair {
  readonly stack: Stack;
  readonly room: string;
  readonly asking: Person;
  readonly alice: ElementCall;
  readonly bob: ElementCall;
}

/** By the names that the table of faults has. */
const cases: Readonly<Record<string, (pair: Pair) => Promise<Comparison>>> = {
  "5 s without the homeserver": (pair) => silence(pair, 5),
  "30 s without the homeserver": (pair) => silence(pair, 30),
  "120 s without the homeserver": (pair) => silence(pair, 120),
  "the SFU restarts": async (pair) => {
    await pair.stack.sfu.restart();
    return back(pair);
  },
  "the homeserver restarts": async (pair) => {
    await pair.stack.homeserver.restart();
    return back(pair);
  },
  "Bob's network changes: every connection is reset": async (pair) => {
    pair.stack.faults.homeserver?.reset();
    pair.stack.faults.sfu?.reset();
    return back(pair);
  },
  "kill -9 of Bob's app, and he comes back": async (pair) => {
    const from = Date.now();
    await pair.bob.kill();
    await expect(pair.alice.tile("Bob")).toHaveCount(0, { timeout: 120_000 });
    return { goneMs: Date.now() - from, backMs: null };
  },
};

/** Runs them one after the other. */
export async function elementCallFaults(): Promise<ReadonlyMap<string, Comparison>> {
  const all = new Map<string, Comparison>();
  const site = await serveElementCall();
  try {
    for (const [name, run] of Object.entries(cases)) all.set(name, await withPair(site, run));
  } finally {
    await site.stop();
  }
  return all;
}

async function withPair(
  site: Awaited<ReturnType<typeof serveElementCall>>,
  run: (pair: Pair) => Promise<Comparison>,
): Promise<Comparison> {
  const stack = await startStack({ behindProxy: ["homeserver", "sfu"] });
  const open: ElementCall[] = [];
  try {
    const direct = { ...stack.homeserver, url: stack.homeserver.directUrl };
    const asking = await signUp(direct, freshName("alice"));
    const other = await signUp(direct, freshName("bob"));
    const room = await makeRoom(asking, [other]);
    const enter = async (person: Person) => {
      const call = await ElementCall.launch(
        site,
        { ...person, homeserver: stack.homeserver },
        { mode: "compatibility" },
      );
      open.push(call);
      await call.open(room, "join_existing");
      return call;
    };
    const pair = { stack, room, asking, alice: await enter(asking), bob: await enter(other) };
    await whole(pair);
    return await run(pair);
  } finally {
    await Promise.all(open.map((call) => call.end()));
    await stack.stop();
  }
}

async function silence(pair: Pair, seconds: number): Promise<Comparison> {
  const { homeserver } = pair.stack.faults;
  const from = Date.now();
  homeserver?.stall();
  const gone = pair.alice
    .tile("Bob")
    .waitFor({ state: "detached", timeout: seconds * 1000 })
    .then(() => Date.now() - from)
    .catch(() => null);
  // How long it is silent is what the fault is.
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await homeserver?.pass();
  return { ...(await back(pair)), goneMs: await gone };
}

async function back(pair: Pair): Promise<Comparison> {
  const from = Date.now();
  try {
    await whole(pair);
    return { goneMs: null, backMs: Date.now() - from };
  } catch {
    // Not within what was waited for.
    return { goneMs: null, backMs: null };
  }
}

async function whole({ stack, room, asking, alice, bob }: Pair): Promise<void> {
  await Promise.all([
    alice.moves(alice.tile("Bob")),
    bob.moves(bob.tile("Alice")),
    expect
      .poll(
        async () => {
          const { members, present } = await truthOf(stack, asking, room);
          return members.length === 2 && members.join() === present.join();
        },
        { timeout: 60_000 },
      )
      .toBe(true),
  ]);
}
