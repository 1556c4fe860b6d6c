import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** One process of Linux at one moment. */
export interface Process {
  readonly pid: number;
  /** Chromium's `--type`; null for the main process and for programs of others. */
  readonly type: string | null;
  /** User and system time so far. */
  readonly cpuMs: number;
  readonly rssMiB: number;
  /** Resident memory, where shared pages count by their share. */
  readonly pssMiB: number;
}

const TICK_MS = 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The process and all that it started, and so on; the process itself first. */
export function processTree(pid: number): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = statOf(Number(name));
      return stat ? [{ pid: Number(name), ...stat }] : [];
    });
  const under = (parent: number): number[] => [
    parent,
    ...all.filter((one) => one.parent === parent).flatMap((one) => under(one.pid)),
  ];
  return under(pid).flatMap((one) => {
    const stat = all.find((other) => other.pid === one);
    const memory = memoryOf(one);
    return stat && memory ? [{ pid: one, type: typeOf(one), cpuMs: stat.cpuMs, ...memory }] : [];
  });
}

/** Ends a program as a crash or a power cut would: none of its processes has the time to say goodbye for it. */
export function killTree(pid: number): void {
  signal(pid, "SIGSTOP");
  for (const other of processTree(pid).slice(1)) signal(other.pid, "SIGKILL");
  signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/** Undefined for a process that has ended meanwhile. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function statOf(pid: number): { parent: number; cpuMs: number } | undefined {
  // The name before it is in brackets and may hold anything.
  const fields = read(pid, "stat")
    ?.replace(/^.*\) /s, "")
    .split(" ");
  return fields && { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}

function memoryOf(pid: number): { rssMiB: number; pssMiB: number } | undefined {
  const rollup = read(pid, "smaps_rollup");
  if (rollup === undefined) return undefined;
  const mib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) / 1024;
  return { rssMiB: mib("Rss"), pssMiB: mib("Pss") };
}

const typeOf = (pid: number): string | null =>
  /--type=([\w-]+)/.exec(read(pid, "cmdline") ?? "")?.[1] ?? null;
