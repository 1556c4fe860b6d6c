// Runs the servers of one stack as a process of its own. When its owner goes away, however it went (also by
// kill -9), the channel between them closes: then it kills the servers, removes the run's folder and ends.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";

/** What the owner asks for. */
export type Order =
  | { do: "start"; name: string; command: string; args: string[]; log: string }
  | { do: "signal"; name: string; signal: NodeJS.Signals }
  | { do: "end"; remove: boolean };

/** What the owner is told. */
export type Report =
  { name: string; event: "started"; pid: number } | { name: string; event: "ended"; how: string };

const folder = process.argv[2];
if (folder === undefined || process.send === undefined) throw new Error("started by supervise() only");
const children = new Map<string, ChildProcess>();

process.on("message", (order: Order) => {
  if (order.do === "start") start(order);
  else if (order.do === "signal") children.get(order.name)?.kill(order.signal);
  else void end(order.remove);
});
process.on("disconnect", () => void end(true));

function start({ name, command, args, log }: Extract<Order, { do: "start" }>): void {
  const output = openSync(log, "a");
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", output, output] });
  closeSync(output);
  children.set(name, child);
  child.once("spawn", () => tell({ name, event: "started", pid: child.pid ?? 0 }));
  child.once("error", (error) => ended(name, error.message));
  child.once("exit", (code, signal) => ended(name, signal ?? `exit code ${code}`));
}

function ended(name: string, how: string): void {
  children.delete(name);
  tell({ name, event: "ended", how });
}

function tell(report: Report): void {
  if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
}

async function end(remove: boolean): Promise<void> {
  const running = [...children.values()];
  const exits = running.map((child) => once(child, "exit"));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(exits);
  if (remove && folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}
