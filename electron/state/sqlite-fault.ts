import { AppError, type ErrorCode } from "../../shared/errors.ts";

// https://www.sqlite.org/rescode.html; extended codes carry the primary one in their low byte.
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

const CODES: Readonly<Record<number, ErrorCode>> = {
  [BUSY]: "store-locked",
  [LOCKED]: "store-locked",
  [CORRUPT]: "store-corrupt",
  [NOT_A_DATABASE]: "store-corrupt",
  [FULL]: "disk-full",
};

/** What failed in SQLite, as the app says it: `store-locked`, `store-corrupt`, `disk-full`, else `internal`. */
export function sqliteFault(cause: unknown, doing: string): AppError {
  if (cause instanceof AppError) return cause;
  const code = isSqliteError(cause) ? CODES[cause.errcode & 0xff] : undefined;
  return new AppError(code ?? "internal", `${doing}: ${String(cause)}`, { cause });
}

const isSqliteError = (error: unknown): error is Error & { readonly errcode: number } =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number";
