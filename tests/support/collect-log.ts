import { createLog, type Log } from "../../electron/log.ts";

/** The real log, kept in memory. */
export function collectLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  return { log: createLog((line) => lines.push(line), "debug"), lines };
}
