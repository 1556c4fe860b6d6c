import * as v from "valibot";

import { AppError } from "../../shared/errors.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import { toAppError } from "./failure.ts";
import type { Clock, OpenIdToken, RtcMatrix } from "./ports.ts";
import { within } from "./timer.ts";
import type { OwnSelf } from "./types.ts";

export type Fetch = typeof globalThis.fetch;

const TIMEOUT_MS = 15_000;
/** An SFU forgets an empty room after 5 minutes, and the grant does not make it again. */
const PREFETCHED_MS = 4 * 60_000;
const LONGEST_REPLY = 64 * 1024;

const reply = v.object({
  // In clear to this machine only.
  url: v.pipe(
    v.string(),
    v.maxLength(1024),
    v.regex(/^(wss:\/\/|ws:\/\/(localhost|127\.[\d.]+|\[::1\])([:/]|$))/i),
  ),
  jwt: v.pipe(v.string(), v.minLength(1), v.maxLength(32_768)),
});

/** Leave to connect to SFUs, from the MatrixRTC authorization services in front of them (MSC4195 as deployed). */
export class Grants {
  readonly #matrix: RtcMatrix;
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #kept = new Map<string, { readonly at: number; readonly grant: Promise<SfuGrant> }>();

  constructor(matrix: RtcMatrix, clock: Clock, fetch: Fetch) {
    this.#matrix = matrix;
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** As `self`, whom our membership names. `own`: where we publish, and so must be nobody else. */
  get(
    room: RoomId,
    service: string,
    self: OwnSelf,
    { own, fresh }: { own: boolean; fresh: boolean },
  ): Promise<SfuGrant> {
    const key = `${room} ${service} ${self.memberId}`;
    const kept = this.#kept.get(key);
    const now = this.#clock.now();
    if (kept && !fresh && now - kept.at < PREFETCHED_MS) return kept.grant;
    const late = () => new AppError("grant-unreachable", "no answer in time");
    const stop = new AbortController();
    const grant = within(this.#clock, TIMEOUT_MS, this.#ask(room, service, self, own, stop.signal), late);
    this.#kept.set(key, { at: now, grant });
    grant.catch(() => {
      stop.abort();
      if (this.#kept.get(key)?.grant === grant) this.#kept.delete(key);
    });
    return grant;
  }

  async #ask(
    room: RoomId,
    service: string,
    self: OwnSelf,
    own: boolean,
    signal: AbortSignal,
  ): Promise<SfuGrant> {
    const { user, device } = this.#matrix;
    const openIdToken = await this.#openId();
    const legacy = { room, openid_token: openIdToken, device_id: device };
    const response = await this.#post(`${service}/sfu/get`, legacy, signal);
    if (response.status !== 404 || own) return parsed(response);
    // Gone from services that only know MSC4195's text; as a mere viewer any identity will do.
    return parsed(
      await this.#post(
        `${service}/get_token`,
        {
          room_id: room,
          slot_id: CALL_SLOT,
          openid_token: openIdToken,
          member: { id: self.memberId, claimed_user_id: user, claimed_device_id: device },
        },
        signal,
      ),
    );
  }

  async #openId(): Promise<OpenIdToken> {
    try {
      const token = await this.#matrix.openIdToken();
      // The services refuse fields that they do not know.
      const { access_token, token_type, matrix_server_name, expires_in } = token;
      return { access_token, token_type, matrix_server_name, expires_in };
    } catch (error) {
      throw toAppError(error, "grant-refused");
    }
  }

  async #post(url: string, body: object, signal: AbortSignal): Promise<Answer> {
    try {
      const response = await this.#fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        // The token is for this service alone.
        redirect: "error",
        credentials: "omit",
        signal,
      });
      return { status: response.status, text: await textOf(response) };
    } catch (error) {
      throw new AppError("grant-unreachable", "no answer", { cause: error });
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function parsed({ status, text }: Answer): SfuGrant {
  if (status === 429) throw new AppError("rate-limited", "authorization service");
  if (status >= 500) throw new AppError("grant-unreachable", `status ${status}`);
  const answer = v.safeParse(reply, status < 300 ? json(text) : null);
  if (!answer.success) throw new AppError("grant-refused", `status ${status}`);
  return { url: answer.output.url, token: answer.output.jwt };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Up to the length that an honest answer can have. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_REPLY) break;
  }
  return text;
}
