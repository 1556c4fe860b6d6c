import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { RtcRequestError } from "./ports.ts";

/** A homeserver's refusal in words for people; `otherwise` is what to say where the kind does not tell. */
export function toAppError(error: unknown, otherwise: ErrorCode): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof RtcRequestError))
    return new AppError("internal", "request failed", { cause: error });
  const { kind } = error;
  return new AppError(kind === "offline" || kind === "rate-limited" ? kind : otherwise, kind, {
    cause: error,
  });
}

/** What went wrong, with nothing in it that a server or a delay id could have put there. */
export const kindOf = (error: unknown): string =>
  error instanceof RtcRequestError ? error.kind : error instanceof Error ? error.name : "unknown";
