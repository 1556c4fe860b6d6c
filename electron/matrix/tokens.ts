import { AppError, codeOf } from "../../shared/errors.ts";
import type { Log } from "../log.ts";
import type { Fetch } from "./http.ts";
import type { Credentials, OAuthGrant } from "./login.ts";
import { refresh, RenewalFailed } from "./oauth.ts";

/** The pause after a renewal that failed, doubled with each that follows. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
/** How long the end of an account waits for the answer to a renewal under way: the tokens that it asked with may be spent. */
const LAST_WORD_MS = 3_000;

export interface TokensParts {
  readonly homeserver: string;
  readonly accessToken: string;
  readonly grant: OAuthGrant;
  readonly fetch: Fetch;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
  /** Puts them on disk. */
  readonly keep: (accessToken: string, grant: OAuthGrant) => Promise<void>;
}

type Held = Pick<TokensParts, "accessToken" | "grant">;

/**
 * The access token of a next-generation login, renewed for whoever asks the homeserver. The SDK would do it too, and ends the
 * session for good when the authorization server is in trouble for a moment.
 */
export class Tokens {
  readonly #parts: TokensParts;
  #held: Held;
  /** Newer than what is on disk: what they were traded for is spent, so they are used all the same. */
  #unkept: Held | null = null;
  #keeping: Promise<void> | null = null;
  #told: Held | null = null;
  #refreshing: Promise<void> | null = null;
  #failures = 0;
  #notBefore = 0;
  #ended = false;
  #stopped = false;
  #closed = false;

  constructor(parts: TokensParts) {
    this.#parts = parts;
    this.#held = { accessToken: parts.accessToken, grant: parts.grant };
  }

  /** The newest there are. */
  get now(): Pick<Credentials, "accessToken" | "oauth"> {
    return { accessToken: this.#held.accessToken, oauth: this.#held.grant };
  }

  /** As `fetch`; the bearer of requests to the homeserver is the token of the moment. */
  readonly fetch: Fetch = async (input, init) => {
    const { homeserver, fetch, now } = this.#parts;
    const headers = new Headers(init?.headers);
    const url = input instanceof Request ? input.url : String(input);
    if (!url.startsWith(`${homeserver}/`) || !headers.has("authorization")) return fetch(input, init);
    if (this.#unkept) void this.#keep();
    const { renewAt, expiresAt } = this.#held.grant;
    if (expiresAt !== null && now() > expiresAt) await this.#renewed();
    // It is good for a while yet, so nobody waits for the next one.
    else if (renewAt !== null && now() > renewAt) this.#refresh().catch(() => undefined);
    const used = this.#held;
    const response = await this.#ask(fetch, input, init, headers);
    if (this.#ended || this.#stopped || !(await isUnknownToken(response))) return response;
    // Another request may have renewed it meanwhile.
    if (used === this.#held) await this.#renewed();
    return this.#ended ? softLogout() : this.#ask(fetch, input, init, headers);
  };

  /** No more renewals; what one under way brings is kept, if it comes soon, and after this nothing is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const refreshing = this.#refreshing?.catch(() => undefined);
    if (refreshing) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_WORD_MS)));
      await Promise.race([refreshing, late]);
      clearTimeout(timer);
    }
    if (this.#unkept) await this.#keep();
    this.#closed = true;
    // One that began meanwhile would write after whoever ended us.
    await this.#keeping;
  }

  #ask(fetch: Fetch, input: Parameters<Fetch>[0], init: RequestInit | undefined, headers: Headers) {
    headers.set("authorization", `Bearer ${this.#held.accessToken}`);
    return this.#ended ? softLogout() : fetch(input, { ...init, headers });
  }

  /** For a request that can do nothing without; where there is none, it is as if the homeserver did not answer. */
  async #renewed(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      throw new TypeError("the login could not be renewed", { cause: error });
    }
  }

  async #refresh(): Promise<void> {
    if (this.#ended) return;
    const isTime = !this.#stopped && this.#parts.now() >= this.#notBefore;
    if (!this.#refreshing && !isTime) throw new AppError("offline", "not now");
    this.#refreshing ??= this.#renew().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #renew(): Promise<void> {
    const { fetch, now, log } = this.#parts;
    try {
      const next = await refresh(fetch, this.#held.grant, now);
      if (next === "ended") {
        this.#ended = true;
        return;
      }
      this.#failures = 0;
      this.#unkept = next;
      // Before they are used: the first use is what spends the old ones on some servers, and we may be killed.
      await this.#keep();
      this.#held = next;
    } catch (error) {
      const asked = error instanceof RenewalFailed ? error.retryAfterMs : null;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS);
      this.#notBefore = now() + Math.max(pause, asked ?? 0);
      log.info(`the login was not renewed: ${codeOf(error)}`);
      throw error;
    }
  }

  #keep(): Promise<void> {
    this.#keeping ??= this.#keepNewest().finally(() => (this.#keeping = null));
    return this.#keeping;
  }

  async #keepNewest(): Promise<void> {
    while (this.#unkept && !this.#closed) {
      const newest: Held = this.#unkept;
      try {
        await this.#parts.keep(newest.accessToken, newest.grant);
        if (this.#unkept === newest) this.#unkept = null;
      } catch (error) {
        if (this.#unkept !== newest) continue;
        // Once: every request tries again.
        if (this.#told !== newest) this.#parts.log.warn("the renewed login is not on disk", error);
        this.#told = newest;
        return;
      }
    }
  }
}

async function isUnknownToken(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const text = await response.clone().text();
  return text.includes("M_UNKNOWN_TOKEN");
}

/** What a homeserver says of its own sessions in this case: the device and its keys stay good. */
const softLogout = (): Response =>
  new Response(
    JSON.stringify({ errcode: "M_UNKNOWN_TOKEN", error: "The login has ended", soft_logout: true }),
    { status: 401, headers: { "content-type": "application/json" } },
  );
