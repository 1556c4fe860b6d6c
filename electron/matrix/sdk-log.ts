import { logger, type Logger } from "matrix-js-sdk/lib/logger.js";

import type { Log } from "../log.ts";

/** The SDK's words in our log: warnings as debug lines, errors as warnings, all else dropped. */
export function sdkLog(log: Log, prefix = "sdk"): Logger {
  const line = (words: unknown[]) => `${prefix}: ${words.map(text).join(" ")}`;
  return {
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: (...words) => log.debug(line(words)),
    error: (...words) => log.warn(line(words)),
    getChild: (namespace) => sdkLog(log, `${prefix} ${namespace}`),
  };
}

/** Some of the SDK's modules log to its global logger whatever a client was given. */
export function quietGlobalSdkLog(log: Log): void {
  const ours = sdkLog(log);
  // loglevel's own extension point, which the SDK's `Logger` type leaves out.
  const root = logger as unknown as {
    methodFactory(method: string): (...words: unknown[]) => void;
    rebuild(): void;
  };
  root.methodFactory = (method) =>
    method === "error" ? ours.error : method === "warn" ? ours.warn : nothing;
  root.rebuild();
  // A module's own, made before: asking for it again is how it takes over the method factory.
  logger.getChild("RoomStickyEvents");
}

const nothing = () => {};
const text = (word: unknown) =>
  word instanceof Error ? word.message : typeof word === "string" ? word : "…";
