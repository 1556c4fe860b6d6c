import type { Fetch } from "./http.ts";
import type { OAuthGrant } from "./login.ts";
import { refresh } from "./oauth.ts";

export interface TokensParts {
  readonly homeserver: string;
  readonly accessToken: string;
  readonly grant: OAuthGrant;
  readonly fetch: Fetch;
  /** Puts them on disk; until that is done they are not used, since the old ones are gone once the new ones are. */
  readonly keep: (accessToken: string, grant: OAuthGrant) => Promise<void>;
}

/**
 * The access token of a next-generation login, renewed for whoever asks the homeserver. The SDK would do it too, and ends the
 * session for good when the authorization server is in trouble for a moment.
 */
export class Tokens {
  readonly #parts: TokensParts;
  #accessToken: string;
  #grant: OAuthGrant;
  #ended = false;
  #refreshing: Promise<void> | null = null;

  constructor(parts: TokensParts) {
    this.#parts = parts;
    this.#accessToken = parts.accessToken;
    this.#grant = parts.grant;
  }

  /** As `fetch`; the bearer of requests to the homeserver is the token of the moment. */
  readonly fetch: Fetch = async (input, init) => {
    const { homeserver, fetch } = this.#parts;
    const headers = new Headers(init?.headers);
    const url = input instanceof Request ? input.url : String(input);
    if (!url.startsWith(`${homeserver}/`) || !headers.has("authorization")) return fetch(input, init);
    const { renewAt, expiresAt } = this.#grant;
    if (renewAt !== null && expiresAt !== null && Date.now() > renewAt) {
      try {
        await this.#refresh();
      } catch (error) {
        // It may be good for a while yet; else this is as if the homeserver did not answer.
        if (Date.now() > expiresAt) throw new TypeError("the login could not be renewed", { cause: error });
      }
    }
    const used = this.#accessToken;
    const response = await this.#ask(fetch, input, init, headers);
    if (this.#ended || !(await isUnknownToken(response))) return response;
    // Another request may have renewed it meanwhile.
    if (used === this.#accessToken) {
      try {
        await this.#refresh();
      } catch (error) {
        throw new TypeError("the login could not be renewed", { cause: error });
      }
    }
    return this.#ended ? softLogout() : this.#ask(fetch, input, init, headers);
  };

  #ask(fetch: Fetch, input: Parameters<Fetch>[0], init: RequestInit | undefined, headers: Headers) {
    headers.set("authorization", `Bearer ${this.#accessToken}`);
    return this.#ended ? softLogout() : fetch(input, { ...init, headers });
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#renew().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #renew(): Promise<void> {
    const { fetch, keep } = this.#parts;
    const next = await refresh(fetch, this.#grant);
    if (next === "ended") {
      this.#ended = true;
      return;
    }
    await keep(next.accessToken, next.grant);
    this.#accessToken = next.accessToken;
    this.#grant = next.grant;
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
