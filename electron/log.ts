/** The only way to the console and the log file; `main.ts` gives it a place to write. */
export interface Log {
  debug(message: string, detail?: unknown): void;
  info(message: string, detail?: unknown): void;
  warn(message: string, detail?: unknown): void;
  error(message: string, detail?: unknown): void;
}

export type Level = "debug" | "info" | "warn" | "error";
const order: readonly Level[] = ["debug", "info", "warn", "error"];

/** Writes lines of `least` and above. Secrets are cut out of every line, whoever let them in. */
export function createLog(
  write: (line: string) => void,
  least: Level,
  now: () => Date = () => new Date(),
): Log {
  const line = (level: Level) => (message: string, detail?: unknown) => {
    if (order.indexOf(level) < order.indexOf(least)) return;
    write(
      `${now().toISOString()} ${level} ${redact(detail === undefined ? message : `${message} ${describe(detail)}`)}\n`,
    );
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

const SECRETS = [
  // Synapse's access, refresh, login tokens and delay ids; other servers' by the parameter that carries them.
  /\bsy[a-z]_[\w.-]{4,}/g,
  /(?<=\bBearer\s+)\S+/gi,
  /(?<=\b(?:access_token|refresh_token|loginToken|login_token|delay_id|delayId|password|jwt|token)["']?\s*[=:]\s*["']?)[^\s"'&,}]+/gi,
  /(?<=\/delayed_events\/)[^/?\s]+/g,
  // A JWT.
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  // A media key (16 to 32 bytes) or an Olm or recovery key in base64, by the property that holds it.
  /(?<=\b(?:key|ciphertext|mac|session_key)["']?\s*[=:]\s*["']?)[\w+/=-]{20,}/gi,
];

/** The text without tokens, keys and delay ids. */
export const redact = (text: string): string =>
  SECRETS.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);

function describe(detail: unknown): string {
  if (!(detail instanceof Error)) return typeof detail === "string" ? detail : JSON.stringify(detail);
  const cause = detail.cause === undefined ? "" : ` <- ${describe(detail.cause)}`;
  return `${detail.stack ?? `${detail.name}: ${detail.message}`}${cause}`;
}
