import { processTree } from "../support/processes.ts";

/** An app, or a browser. */
interface Program {
  readonly pid: number;
  kill(): Promise<void> | void;
}

/** All processes of a program stop where they are: its connections stay open and nothing is sent. Returns how they go on. */
export function freeze(app: Program): () => void {
  const pids = processTree(app.pid).map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  };
}

/** The power is cut on a program that was frozen. */
export async function cut(app: Program): Promise<void> {
  const others = processTree(app.pid).slice(1);
  await app.kill();
  for (const { pid } of others) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went with its parent.
    }
  }
}
