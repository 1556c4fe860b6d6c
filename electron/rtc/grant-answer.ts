import * as v from "valibot";

import { AppError } from "../../shared/errors.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";

/** What an authorization service said. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header, as it came. */
  readonly retryAfter: string | null;
  /** When it was sent, by the header. */
  readonly date: string | null;
}

const LONGEST_REPLY = 64 * 1024;
/** Where a service is busy and does not say for how long. */
const WAIT_MS = 5_000;
/** However long it says: somebody is waiting. */
const LONGEST_WAIT_MS = 5 * 60_000;

const jwt = v.pipe(v.string(), v.minLength(1), v.maxLength(32_768));
const grant = v.object({ url: v.pipe(v.string(), v.maxLength(1024)), jwt });
const tokenOnly = v.object({ jwt });
const busy = v.object({ retry_after_ms: v.pipe(v.number(), v.finite(), v.minValue(0)) });
const claims = v.object({ sub: v.string() });

/** Fails with `grant-refused`. */
export function grantIn({ status, text }: Answer): SfuGrant {
  const parsed = v.safeParse(grant, status < 300 ? json(text) : null);
  if (!parsed.success) throw new AppError("grant-refused", `status ${status}`);
  return { url: parsed.output.url, token: parsed.output.jwt };
}

/** A homeserver's answer, which leaves out the SFU that was asked for. Fails with `grant-refused`. */
export function tokenIn(body: unknown): string {
  const parsed = v.safeParse(tokenOnly, body);
  if (!parsed.success) throw new AppError("grant-refused", "unexpected answer");
  return parsed.output.jwt;
}

/** As whom a grant lets us in; null where it does not tell. The SFU checks its signature, we cannot. */
export function identityIn({ token }: SfuGrant): string | null {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  const parsed = v.safeParse(claims, json(payload));
  return parsed.success ? parsed.output.sub : null;
}

/** For how long we should not ask again (ms); null where the answer does not ask that. */
export function waitAsked({ status, text, retryAfter, date }: Answer, now: number): number | null {
  if (status !== 429 && !(status === 503 && retryAfter !== null)) return null;
  const asked = retryAfter === null ? null : spanOf(retryAfter, date, now);
  const body = asked === null ? v.safeParse(busy, json(text)) : null;
  const ms = asked ?? (body?.success ? body.output.retry_after_ms : WAIT_MS);
  return Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

/** Seconds, or a date, which is by the service's clock. */
function spanOf(retryAfter: string, date: string | null, now: number): number | null {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const until = Date.parse(retryAfter);
  if (Number.isNaN(until)) return null;
  const from = Date.parse(date ?? "");
  return until - (Number.isNaN(from) ? now : from);
}

/** Up to the length that an honest answer can have. */
export async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_REPLY) break;
  }
  return text;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
