import { setTimeout } from "node:timers/promises";

import { callButton, moves } from "../support/call-window.ts";
import { type Caller, withPair } from "./pair.ts";
import { processTree, type Process } from "../support/processes.ts";
import type { Row } from "./table.ts";

const ROOMS = 50;
/** The quality of the picture has settled by then, and what the start left behind is gone. */
const SETTLE_MS = 10_000;
const SPAN_MS = 20_000;

/** What two apps take on one machine: signed in, and in a call with each other. Linux only, where /proc tells. */
export async function run(): Promise<Row[]> {
  if (process.platform !== "linux") return [];
  return withPair({ rooms: ROOMS }, async (alice, bob) => {
    const both = [alice, bob];
    for (const { home } of both) await home.getByText(`Room ${ROOMS}`, { exact: true }).waitFor();
    await setTimeout(SETTLE_MS);
    const idle = await over(both);

    await callButton(alice.home, "Bob").click();
    const calling = await alice.app.window("call");
    await bob.home.getByRole("button", { name: "Join call in Alice" }).click();
    const called = await bob.app.window("call");
    await called.getByRole("button", { name: "Join call" }).click();
    await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
    await setTimeout(SETTLE_MS);
    const before = await Promise.all([received(calling), received(called)]);
    const busy = await over(both);
    const after = await Promise.all([received(calling), received(called)]);
    const pictures = after.map(({ frames }, at) => (frames - (before[at]?.frames ?? 0)) / (SPAN_MS / 1000));

    return [
      row(`main process, ${ROOMS} rooms: resident`, "MiB", idle, ([main]) => main?.rssMiB),
      row("all processes, signed in: PSS", "MiB", idle, (all) => sum(all, "pssMiB"), "411"),
      row("all processes, signed in: processor", "% of a core", idle, (all) => sum(all, "share"), "0.5"),
      row("main process, in a call of two: resident", "MiB", busy, ([main]) => main?.rssMiB),
      row("call window, in a call of two: PSS", "MiB", busy, (all) => callWindow(all)?.pssMiB, "260"),
      row("all processes, in a call of two: PSS", "MiB", busy, (all) => sum(all, "pssMiB"), "557–563"),
      row(
        "call window, in a call of two: processor",
        "% of a core",
        busy,
        (all) => callWindow(all)?.share,
        "31",
      ),
      row(
        "all processes, in a call of two: processor",
        "% of a core",
        busy,
        (all) => sum(all, "share"),
        "46–52",
      ),
      {
        name: `pictures shown a second, at ${after.map(({ size }) => size).join(" and ")}`,
        unit: "fps",
        values: pictures,
        elementCall: "20 at 1280 × 720",
      },
    ];
  });
}

interface Spent extends Process {
  /** Of a core, in percent, over the span. */
  readonly share: number;
}

/** All processes of each app after the span, and what they spent in it. */
async function over(callers: readonly Caller[]): Promise<Spent[][]> {
  const roots = callers.map(({ app }) => app.electron.process().pid ?? NaN);
  const before = roots.map(processTree);
  await setTimeout(SPAN_MS);
  return roots.map((root, at) =>
    processTree(root).map((now) => {
      const then = before[at]?.find(({ pid }) => pid === now.pid);
      return { ...now, share: ((now.cpuMs - (then?.cpuMs ?? 0)) / SPAN_MS) * 100 };
    }),
  );
}

/** The home window does nothing meanwhile, so it is the renderer that worked most. */
const callWindow = (all: readonly Spent[]): Spent | undefined =>
  all.filter(({ type }) => type === "renderer").toSorted((a, b) => b.share - a.share)[0];

const sum = (all: readonly Spent[], what: "pssMiB" | "share"): number =>
  all.reduce((total, one) => total + one[what], 0);

function row(
  name: string,
  unit: Row["unit"],
  apps: readonly Spent[][],
  pick: (all: readonly Spent[]) => number | undefined,
  elementCall?: string,
): Row {
  const values = apps.map((all) => pick(all) ?? NaN);
  return { name, unit, values, ...(elementCall !== undefined && { elementCall }) };
}

/** The picture of the other, which is the one that is not mirrored away in a corner: the largest. */
function received(call: Caller["home"]): Promise<{ frames: number; size: string }> {
  return call.evaluate(() => {
    const all = [...document.querySelectorAll("video")].toSorted((a, b) => b.clientWidth - a.clientWidth);
    const [video] = all;
    const frames = video?.getVideoPlaybackQuality().totalVideoFrames ?? NaN;
    return { frames, size: `${video?.videoWidth} × ${video?.videoHeight}` };
  });
}
