// `npm run bench [-- part...]`: prints what Carillon takes on this machine. It judges nothing and fails only where it cannot measure.
import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";

import { electronBinary } from "../../build/electron-binary.ts";
import { findChromium } from "../../build/setup/places.mjs";
import { printTable, type Row } from "./table.ts";

const parts: Readonly<Record<string, { title: string; load: () => Promise<{ run(): Promise<Row[]> }> }>> = {
  join: { title: "Joining and leaving", load: () => import("./join.bench.ts") },
  ring: { title: "Ringing and answering", load: () => import("./ring.bench.ts") },
  ready: { title: "Waiting for a call", load: () => import("./ready.bench.ts") },
  start: { title: "Starting", load: () => import("./start.bench.ts") },
  faults: { title: "Faults", load: () => import("./faults.bench.ts") },
  load: { title: "Memory and processor", load: () => import("./load.bench.ts") },
  session: { title: "Who is in a call", load: () => import("./session.bench.ts") },
  size: { title: "Size", load: () => import("./size.bench.ts") },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in parts));
if (unknown !== undefined) {
  console.error(`no part "${unknown}": ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}
console.log(machine());
for (const [name, { title, load }] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const before = loadavg()[0] ?? 0;
  printTable(`${title} (load before: ${before.toFixed(1)})`, await (await load()).run());
}
console.log("\nElement Call: its 0.26.1 as a widget in Chromium 156 on 2 cores, for comparison.");

function machine(): string {
  const all = cpus();
  const { standIn, path } = electronBinary();
  const chromium = standIn ? findChromium() : undefined;
  const version = (file: string) => execFileSync(file, ["--version"], { encoding: "utf8" }).trim();
  const windows =
    chromium === undefined ? `Electron ${version(path)}` : `the stand-in on ${version(chromium)}`;
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
  return `${all.length} cores (${all[0]?.model.trim()}), load ${load}, Node ${process.versions.node}, ${windows}`;
}
