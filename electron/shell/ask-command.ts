import { execFile } from "node:child_process";

/** What a program of the system's prints; null where there is none, it fails, or takes longer than `limitMs`. */
export const askCommand = (
  [program, ...args]: readonly [string, ...string[]],
  limitMs: number,
): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: limitMs, killSignal: "SIGKILL", maxBuffer: 64 * 1024 }, (error, out) =>
      resolve(error ? null : out),
    );
  });

export type AskCommand = typeof askCommand;
