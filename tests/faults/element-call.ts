import { serveElementCall } from "../support/element-call/site.ts";
import { cases } from "./element-call-cases.ts";
import { Pair, type Comparison } from "./element-call-pair.ts";

/** Runs the table's faults for Element Call, one after the other. What it does not survive is an outcome too. */
export async function elementCallFaults(
  wanted: (name: string) => boolean = () => true,
): Promise<ReadonlyMap<string, Comparison>> {
  const all = new Map<string, Comparison>();
  const site = await serveElementCall();
  const pair = await Pair.open(site);
  try {
    for (const [name, { clock = false, run }] of Object.entries(cases)) {
      if (!wanted(name)) continue;
      await pair.begin({ clock });
      await run(pair).catch((error: unknown) => console.log(`Element Call, ${name}: ${String(error)}`));
      all.set(name, await pair.outcome());
    }
  } finally {
    await pair.close();
    await site.stop();
  }
  return all;
}
