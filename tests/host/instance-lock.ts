import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SecondInstance {
  readonly argv: string[];
  readonly cwd: string;
  readonly data: unknown;
}

/** Resolves when what a second instance had to say has reached the first. */
export let handedOver: Promise<void> = Promise.resolve();

/** Takes the lock of a user-data folder, or tells its holder about `self` and returns null. */
export function takeLock(
  folder: string,
  self: SecondInstance,
  onSecond: (second: SecondInstance) => void,
): (() => void) | null {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "stand-in.lock");
  // A socket's path may hold 107 bytes only, which a user-data folder's may exceed.
  const id = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const socket = join(tmpdir(), `electron-stand-in-${id}.sock`);
  if (isHeld(lock)) {
    handedOver = new Promise((resolve) => {
      const connection = connect(socket, () => connection.end(JSON.stringify(self)));
      connection.on("close", () => resolve()).on("error", () => resolve());
    });
    return null;
  }
  writeFileSync(lock, String(process.pid));
  rmSync(socket, { force: true });
  const server = createServer((connection) => {
    let text = "";
    connection.on("data", (data) => (text += String(data)));
    connection.on("end", () => onSecond(JSON.parse(text)));
  });
  server.listen(socket).unref();
  return () => {
    server.close();
    rmSync(lock, { force: true });
  };
}

/** The lock's file holds its owner's process id; a killed owner leaves it behind. */
function isHeld(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, "utf8"));
    return owner !== process.pid && process.kill(owner, 0);
  } catch {
    return false;
  }
}
