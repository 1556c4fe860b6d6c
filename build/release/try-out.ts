import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";

import type { Command, Plan } from "./install-plans.ts";
import { starts } from "./starts.ts";

const REMOVED_MS = 60_000;

/** Installs, starts and removes an app. Throws where one of them fails, or where the user's data goes with the app. */
export async function tryOut(plan: Plan, data: string, withinMs?: number): Promise<void> {
  plan.install.forEach(run);
  if (!existsSync(plan.file)) throw new Error(`${plan.file} was not installed`);
  await starts(plan.start, { data, env: plan.env, withinMs });
  plan.remove.forEach(run);
  // The uninstaller of Windows goes on after its process has ended.
  const until = Date.now() + REMOVED_MS;
  while (existsSync(plan.file)) {
    if (Date.now() > until) throw new Error(`${plan.file} is still there`);
    await passed(250);
  }
  if (!existsSync(data)) throw new Error("the removal took the user's data along");
  rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function run([program, ...args]: Command): void {
  console.log([program, ...args].join(" "));
  execFileSync(program, args, { stdio: "inherit" });
}
