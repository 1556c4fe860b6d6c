import { setTimeout } from "node:timers/promises";

import type { Page } from "@playwright/test";

import { callButton, moves, tile } from "../support/call-window.ts";
import { clickNow, type Moments, since, until, watch } from "./moments.ts";
import { type Caller, withPair } from "./pair.ts";
import type { Row } from "./table.ts";

/** Older than this, the caller's key is made anew for whoever joins; see key-schedule. */
const ALONE_MS = 11_000;
/** Somebody looks at themselves in the lobby before they join. */
const LOBBY_MS = 1_500;
const ROUNDS = 10;

interface Round {
  /** Of the click that opened the lobby. */
  readonly asked: number;
  readonly mine: Moments;
  readonly theirs: Moments;
  /** From the click on Leave to the tile gone at the other. */
  readonly goneMs: number;
}

/** Bob joins a call in which Alice is, and leaves it, again and again. */
export async function run(): Promise<Row[]> {
  return withPair({}, async (alice, bob) => {
    await callButton(alice.home, "Bob").click();
    const calling = await alice.app.window("call");
    await calling.getByRole("button", { name: "Leave call" }).waitFor();

    const first = await join(bob, calling, LOBBY_MS);
    const warm = await rounds(() => join(bob, calling, LOBBY_MS, ALONE_MS));
    const quick = await rounds(() => join(bob, calling, 0));
    return [
      ...rows("first join of a run", [first]),
      ...rows(`join, lobby open ${LOBBY_MS / 1000} s, caller alone ${ALONE_MS / 1000} s`, warm, 1000),
      ...rows("come back at once, lobby left at once", quick, 1000),
      {
        name: "same, from the click that opens the lobby (and the bench finds the next one)",
        unit: "ms",
        values: quick.map(({ asked, mine }) => since(asked, mine.picture)),
        elementCall: "2374–2764 (1601–3502)",
      },
      {
        name: "leave click -> tile gone at the other",
        unit: "ms",
        values: [...warm, ...quick].map(({ goneMs }) => goneMs),
        aim: 1000,
        elementCall: "141–487",
      },
    ];
  });
}

async function rounds(once: () => Promise<Round>): Promise<Round[]> {
  const all: Round[] = [];
  while (all.length < ROUNDS) all.push(await once());
  return all;
}

async function join(joiner: Caller, there: Page, lobbyMs: number, aloneMs = 0): Promise<Round> {
  // These two waits are part of what is measured, not a wait for something.
  await setTimeout(aloneMs);
  const open = joiner.home.getByRole("button", { name: "Join call in Alice" });
  await open.waitFor();
  const asked = await open.evaluate(clickNow);
  const call = await joiner.app.window("call");
  const button = call.getByRole("button", { name: "Join call" });
  await button.waitFor();
  await setTimeout(lobbyMs);
  await watch(there, "Bob");
  await watch(call, "Alice");
  await button.click();
  const mine = await until(call, "picture");
  const theirs = await until(there, "picture");
  await Promise.all([moves(call, "Alice", 10), moves(there, "Bob", 10)]);
  const left = await call.getByRole("button", { name: "Leave call" }).evaluate(clickNow);
  const { gone } = await until(there, "gone");
  if (!call.isClosed()) await call.waitForEvent("close");
  if ((await tile(there, "Bob").count()) > 0) throw new Error("the tile is back");
  return { asked, mine: { ...mine }, theirs, goneMs: since(left, gone) };
}

function rows(name: string, all: readonly Round[], aim?: number): Row[] {
  const column = (what: string, pick: (round: Round) => number | undefined): Row => ({
    name: `  ${what}`,
    unit: "ms",
    values: all.map((round) => since(round.mine.clicked ?? NaN, pick(round))),
  });
  return [
    {
      ...column("", ({ mine }) => mine.picture),
      name: `${name}: click -> first picture`,
      ...(aim !== undefined && { aim, elementCall: "2374–2764 (1601–3502)" }),
    },
    column("own membership stands", ({ mine }) => mine.joined),
    column("key of the other", ({ mine }) => mine.key),
    column("video of the other subscribed", ({ mine }) => mine.attached),
    column("the other knows of us", ({ theirs }) => theirs.seen),
    column("the other has our key", ({ theirs }) => theirs.key),
    column("the other has our video subscribed", ({ theirs }) => theirs.attached),
    {
      ...column("the other sees us", ({ theirs }) => theirs.picture),
      ...(aim !== undefined && { elementCall: "2441–3015 (1779–3410)" }),
    },
  ];
}
