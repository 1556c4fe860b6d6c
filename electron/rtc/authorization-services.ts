import type { SfuGrant } from "../../shared/ipc/contract.ts";
import { AppError } from "../../shared/errors.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import { isLoopback, safeSfuUrl } from "../../shared/rtc/transports.ts";
import { toAppError } from "./failure.ts";
import { grantIn, textOf, waitAsked, type Answer } from "./grant-answer.ts";
import type { Clock, OpenIdToken, GrantMatrix } from "./ports.ts";
import { Recent } from "./recent.ts";
import type { OwnSelf } from "./types.ts";

export type Fetch = typeof globalThis.fetch;
/** A delayed leave event of ours, to be kept from firing while we are on the SFU. The id is a secret. */
export interface DelayedLeave {
  readonly delayId: string;
  readonly delayMs: number;
}
export type Delegated = "taken" | "unsupported";

/**
 * How long one service may have one OpenID token. Choice: each service gets its own, and uses it up to this long; none gets one that another
 * has seen. Why: with a token its service can pass for us at any other one until it expires (an hour on Synapse), so that no two need share
 * what one of them leaks; within a service a fresh one for each dial would guard nothing, and costs the homeserver a request for each try at a
 * service that is gone. Cost: one retry where a service does not know a token any more.
 */
const TOKEN_MS = 10 * 60_000;
const PROBED_MS = 3_600_000;
const ABSENT = new Set([404, 405]);

/** The MatrixRTC authorization services in front of SFUs (MSC4195 as deployed): OpenID tokens in, grants out. */
export class AuthorizationServices {
  readonly #matrix: GrantMatrix;
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #tokens = new Recent<{ readonly until: number; readonly token: OpenIdToken }>();
  /** Who told us to come later, and until when (epoch ms). */
  readonly #busy = new Recent<number>();
  readonly #delegates = new Recent<{ readonly until: number; readonly can: boolean }>();

  constructor(matrix: GrantMatrix, clock: Clock, fetch: Fetch) {
    this.#matrix = matrix;
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** By the request that names us as `form` does. Null where the service has none of that kind. */
  async grant(
    service: string,
    form: OwnSelf["form"],
    room: RoomId,
    self: OwnSelf,
    signal: AbortSignal,
  ): Promise<SfuGrant | null> {
    const { path, body } = this.#request(form, room, self);
    const answer = await this.#ask(service, path, body, signal);
    if (ABSENT.has(answer.status)) return null;
    const grant = grantIn(answer);
    // Nobody else's word sends us to a server on this machine.
    if (safeSfuUrl(grant.url) === null || (isLoopback(grant.url) && !isLoopback(service)))
      throw new AppError("grant-refused", "no safe SFU");
    return grant;
  }

  /** Fails where a later try may be taken. */
  async delegate(
    service: string,
    room: RoomId,
    self: OwnSelf,
    { delayId, delayMs }: DelayedLeave,
    signal: AbortSignal,
  ): Promise<Delegated> {
    if (!(await this.#canDelegate(service, signal))) return "unsupported";
    const { path, body } = this.#request(self.form, room, self);
    // The request of its own knows hashed identities alone.
    const to = self.form === "sticky" ? "/delegate_delayed_leave" : path;
    const answer = await this.#ask(
      service,
      to,
      { ...body, delay_id: delayId, delay_timeout: delayMs },
      signal,
    );
    // Users without full access (400, 403), services that know no delays (400: they refuse unknown fields).
    if ([400, 403, ...ABSENT].includes(answer.status)) return "unsupported";
    if (answer.status >= 300) throw new AppError("grant-refused", `status ${answer.status}`);
    return "taken";
  }

  /** One that ignores fields that it does not know would grant, delegate nothing and seem to have done both: so it is asked, without any secret. */
  async #canDelegate(service: string, signal: AbortSignal): Promise<boolean> {
    const now = this.#clock.now();
    const known = this.#delegates.get(service);
    if (known && now < known.until) return known.can;
    const { status } = await this.#post(service, "/delegate_delayed_leave", {}, signal);
    const can = !ABSENT.has(status);
    this.#delegates.set(service, { until: now + PROBED_MS, can });
    return can;
  }

  #request(form: OwnSelf["form"], room: RoomId, { memberId }: OwnSelf): { path: string; body: object } {
    const { user, device } = this.#matrix;
    if (form === "legacy") return { path: "/sfu/get", body: { room, device_id: device } };
    const member = { id: memberId, claimed_user_id: user, claimed_device_id: device };
    return { path: "/get_token", body: { room_id: room, slot_id: CALL_SLOT, member } };
  }

  async #ask(service: string, path: string, body: object, signal: AbortSignal): Promise<Answer> {
    const known = this.#tokens.get(service);
    if (known && this.#clock.now() < known.until) {
      const answer = await this.#post(service, path, { ...body, openid_token: known.token }, signal);
      if (answer.status !== 401) return answer;
      this.#tokens.delete(service);
    }
    const token = await this.#openId();
    const until = this.#clock.now() + Math.min(TOKEN_MS, (token.expires_in * 1000) / 2);
    this.#tokens.set(service, { until, token });
    const answer = await this.#post(service, path, { ...body, openid_token: token }, signal);
    if (answer.status === 401) this.#tokens.delete(service);
    return answer;
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

  /** Fails where the service does not answer, or has no time for us. */
  async #post(service: string, path: string, body: object, signal: AbortSignal): Promise<Answer> {
    if (this.#clock.now() < (this.#busy.get(service) ?? 0))
      throw new AppError("rate-limited", "it is too early to ask again");
    const answer = await this.#send(`${service}${path}`, body, signal);
    const now = this.#clock.now();
    const waitMs = waitAsked(answer, now);
    if (waitMs !== null) this.#busy.set(service, now + waitMs);
    if (answer.status === 429) throw new AppError("rate-limited", "authorization service");
    if (answer.status >= 500) throw new AppError("grant-unreachable", `status ${answer.status}`);
    return answer;
  }

  async #send(url: string, body: object, signal: AbortSignal): Promise<Answer> {
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
      const { status, headers } = response;
      const [retryAfter, date] = [headers.get("retry-after"), headers.get("date")];
      return { status, text: await textOf(response), retryAfter, date };
    } catch (error) {
      throw new AppError("grant-unreachable", "no answer", { cause: error });
    }
  }
}
