import { type Neighbours, type Stack, type StackOptions, startStack } from "./stack.ts";

/**
 * Two sites whose homeservers federate, each with its own authorization service and SFU. Each service knows the users of both and gives
 * full access to its own homeserver's alone.
 */
export type Federation = {
  readonly a: Stack;
  readonly b: Stack;
  stop(options?: { keep?: boolean }): Promise<void>;
};

/** Starts both with the same options; resolves when all six servers answer. */
export async function startFederation(options: Omit<StackOptions, "neighbours"> = {}): Promise<Federation> {
  const neighbours: Neighbours = new Map();
  const start = (): Promise<Stack> => startStack({ ...options, neighbours });
  const starts = [start(), start()] as const;
  const stop: Federation["stop"] = async (how) => {
    const started = (await Promise.allSettled(starts)).filter((one) => one.status === "fulfilled");
    await Promise.all(started.map(({ value }) => value.stop(how)));
  };
  try {
    const [a, b] = await Promise.all(starts);
    return { a, b, stop };
  } catch (error) {
    await stop({ keep: true });
    throw error;
  }
}
