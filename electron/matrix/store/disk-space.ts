import { statfs } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { AppError } from "../../../shared/errors.ts";

/** More than the largest batch of to-device messages takes, several pages for each of its rows. */
const ROOM_BYTES = 16 * 2 ** 20;
const LOOK_AGAIN_MS = 1000;

/** Bytes that this user may still write beside `file`; Infinity where the file system does not say. */
export async function freeBytes(file: string): Promise<number> {
  const { bavail, bsize, blocks } = await statfs(file);
  return blocks === 0 ? Infinity : bavail * bsize;
}

/** Waits until there is room, telling `onFull` each time it finds none. @throws AbortError when `closing` */
export async function waitForRoom(
  free: () => Promise<number>,
  onFull: (error: AppError) => void,
  closing: AbortSignal,
  lookAgainMs: number = LOOK_AGAIN_MS,
): Promise<void> {
  for (let bytes = await free(); bytes < ROOM_BYTES; bytes = await free()) {
    onFull(new AppError("disk-full", `${bytes} bytes are free`));
    await delay(lookAgainMs, undefined, { signal: closing });
  }
}
