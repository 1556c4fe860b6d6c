import type { ErrorCode } from "../errors.ts";

/** All of what preload puts into a window. It names no command: main alone decides what a window may do. */
export interface Bridge {
  invoke(command: string, args: unknown): Promise<Envelope>;
  listen(listener: (topic: string, payload: unknown) => void): () => void;
}

/** Electron keeps only the message of an error thrown through `invoke`, so failures travel as values. */
export type Envelope<T = unknown> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ErrorCode };

export const INVOKE = "invoke";
export const PUSH = "push";
