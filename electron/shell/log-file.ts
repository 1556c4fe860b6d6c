import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const MAX_BYTES = 2 * 1024 * 1024;

/** Appends lines to `carillon.log` in a folder, keeping one older file. A full disk loses log lines and nothing else. */
export function logFile(folder: string): (line: string) => void {
  const file = join(folder, "carillon.log");
  return (line) => {
    try {
      mkdirSync(folder, { recursive: true });
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.old`);
      appendFileSync(file, line, { mode: 0o600 });
    } catch {
      // Nowhere to say so.
    }
  };
}
