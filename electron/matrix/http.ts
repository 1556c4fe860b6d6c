import * as v from "valibot";

import { AppError, type ErrorCode } from "../../shared/errors.ts";

export type Fetch = typeof globalThis.fetch;

/** An answer of a Matrix API: the HTTP status and the JSON body, undefined where it is no JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const TIMEOUT_MS = 20_000;

/** @throws AppError `offline`, `server-unknown`, `tls-failure` where no answer came. */
export async function request(
  fetch: Fetch,
  url: string | URL,
  {
    method = "GET",
    body,
    token,
    timeoutMs = TIMEOUT_MS,
  }: { method?: string; body?: object; token?: string; timeoutMs?: number } = {},
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      // The default session's cookies are nobody's business.
      credentials: "omit",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { body: JSON.stringify(body) }),
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
    });
    const text = await response.text();
    return { status: response.status, body: parseJson(text) };
  } catch (cause) {
    throw new AppError(networkErrorCode(cause), "no answer", { cause });
  }
}

/** A Matrix error answer (`errcode`, `retry_after_ms`) as the code that a user is told. */
export function answerErrorCode({ status, body }: Answer): ErrorCode {
  const errcode = v.is(matrixError, body) ? body.errcode : "";
  if (status === 429) return "rate-limited";
  if (errcode === "M_USER_DEACTIVATED") return "account-deactivated";
  if (errcode === "M_UNKNOWN_TOKEN" || errcode === "M_MISSING_TOKEN") return "signed-out-elsewhere";
  if (status === 403) return "room-forbidden";
  return status >= 500 ? "server-error" : "internal";
}

export const matrixError = v.looseObject({ errcode: v.string() });

/** Why a request got no answer, from Node's error codes and from Chromium's (`net::ERR_…`). */
export function networkErrorCode(error: unknown): ErrorCode {
  const signs = chain(error).join(" ");
  if (/CERT|SSL|TLS|UNABLE_TO_VERIFY|SELF_SIGNED|ALTNAME/i.test(signs)) return "tls-failure";
  if (
    /ENOTFOUND|NAME_NOT_RESOLVED|ECONNREFUSED|CONNECTION_REFUSED|ADDRESS_UNREACHABLE|INVALID_URL/.test(signs)
  )
    return "server-unknown";
  return "offline";
}

function chain(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = "code" in error ? String(error.code) : "";
  const inner = error instanceof AggregateError ? error.errors.flatMap(chain) : [];
  return [code, error.name, error.message, ...inner, ...chain(error.cause)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
