import { processTree } from "../support/processes.ts";

/** All processes of an app, or a browser, stop where they are: its connections stay open and nothing is sent. Returns how they go on. */
export function freeze(program: { readonly pid: number }): () => void {
  const pids = processTree(program.pid).map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  };
}
