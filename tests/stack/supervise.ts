import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Order, Report } from "./supervisor.ts";

/** One server process of a run. Its log survives restarts. */
export type Server = {
  readonly log: string;
  /** The process's id, or undefined while it does not run. */
  pid(): number | undefined;
  /** Starts it and waits until it answers. Throws with the path and the end of its log when it does not. */
  start(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Kills it and starts it again: same ports, same data. */
  restart(): Promise<void>;
  /** SIGSTOP: its connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
};

export type ServerCommand = {
  name: string;
  command: string;
  args: string[];
  /** Resolves once when the server answers; rejects while it does not. */
  answers: () => Promise<void>;
};

export type Supervision = {
  server(command: ServerCommand): Server;
  /** Kills all servers; removes the folder with data and logs unless told to keep it. */
  end(options?: { keep?: boolean }): Promise<void>;
};

const startLimitMs = 60_000;

/** Runs servers in `folder` so that they and the folder are gone when this process is, however it ends. */
export function supervise(folder: string): Supervision {
  const entry = join(import.meta.dirname, "supervisor.ts");
  // detached: a Ctrl-C in the terminal is for the owner alone, who then ends the servers in order.
  const supervisor = spawn(process.execPath, [entry, folder], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const listeners = new Map<string, (report: Report) => void>();
  supervisor.on("message", (report: Report) => listeners.get(report.name)?.(report));
  const order = (what: Order): void => {
    if (supervisor.connected) supervisor.send(what);
  };

  return {
    server: (command) => serverOf(command, folder, order, listeners),
    async end({ keep = false } = {}) {
      if (supervisor.exitCode !== null) return;
      const exit = once(supervisor, "exit");
      order({ do: "end", remove: !keep });
      await exit;
    },
  };
}

function serverOf(
  { name, command, args, answers }: ServerCommand,
  folder: string,
  order: (what: Order) => void,
  listeners: Map<string, (report: Report) => void>,
): Server {
  const log = join(folder, `${name}.log`);
  let pid: number | undefined;
  let ended: Promise<string> = Promise.resolve("not started");

  const server: Server = {
    log,
    pid: () => pid,
    async start() {
      ended = new Promise((resolve) => {
        listeners.set(name, (report) => {
          if (report.event === "started") pid = report.pid;
          else {
            pid = undefined;
            resolve(report.how);
          }
        });
      });
      order({ do: "start", name, command, args, log });
      let over: string | undefined;
      void ended.then((how) => (over = how));
      const limit = Date.now() + startLimitMs;
      for (;;) {
        try {
          await answers();
          return;
        } catch (cause) {
          if (over === undefined && Date.now() < limit) await new Promise((done) => setTimeout(done, 25));
          else throw new Error(failure(name, over ?? "no answer", log), { cause });
        }
      }
    },
    async kill() {
      order({ do: "signal", name, signal: "SIGKILL" });
      await ended;
    },
    async restart() {
      await server.kill();
      await server.start();
    },
    pause: () => order({ do: "signal", name, signal: "SIGSTOP" }),
    resume: () => order({ do: "signal", name, signal: "SIGCONT" }),
  };
  return server;
}

function failure(name: string, why: string, log: string): string {
  let tail = "";
  try {
    tail = readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  } catch {
    tail = "(no log)";
  }
  return `${name} did not start: ${why}; its log: ${log}\n${tail}`;
}
