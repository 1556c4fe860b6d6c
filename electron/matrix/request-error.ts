import { ConnectionError, MatrixError } from "matrix-js-sdk";

import { AppError } from "../../shared/errors.ts";
import { RtcRequestError } from "../rtc/ports.ts";
import { answerErrorCode, networkErrorCode } from "./http.ts";

const TOO_LONG = new Set(["M_DELAY_TOO_LARGE", "ORG.MATRIX.MSC4140_DELAY_TOO_LARGE", "M_MAX_DELAY_EXCEEDED"]);

/** The SDK's failures in the engine's terms. */
export function toRtcRequestError(error: unknown): RtcRequestError {
  if (error instanceof RtcRequestError) return error;
  if (!(error instanceof MatrixError)) {
    const kind = isUnanswered(error) ? "offline" : "refused";
    return new RtcRequestError(kind, error instanceof Error ? error.name : "unknown", { cause: error });
  }
  const { httpStatus = 0, errcode = "", data } = error;
  const detail = `${httpStatus} ${errcode}`;
  if (httpStatus === 429)
    return new RtcRequestError("rate-limited", detail, { retryAfterMs: error.getRetryAfterMs() ?? 5_000 });
  if (TOO_LONG.has(errcode) || TOO_LONG.has(String(data["org.matrix.msc4140.errcode"]))) {
    const max = data["org.matrix.msc4140.max_delay"];
    return new RtcRequestError("too-long", detail, typeof max === "number" ? { maxDelayMs: max } : {});
  }
  if (errcode === "M_UNRECOGNIZED" || httpStatus === 405) return new RtcRequestError("unsupported", detail);
  if (httpStatus === 404) return new RtcRequestError("not-found", detail);
  if (httpStatus === 401 || httpStatus === 403) return new RtcRequestError("forbidden", detail);
  if (httpStatus >= 500) return new RtcRequestError("offline", detail);
  return new RtcRequestError("refused", detail);
}

/** The SDK's failures in words for people. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof MatrixError)
    return new AppError(answerErrorCode({ status: error.httpStatus ?? 0, body: error.data }), error.errcode, {
      cause: error,
    });
  return new AppError(isUnanswered(error) ? networkErrorCode(error) : "internal", "request failed", {
    cause: error,
  });
}

const isUnanswered = (error: unknown) =>
  error instanceof ConnectionError ||
  (error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError"));
