import type { Fetch } from "./http.ts";

const POLL_GRACE_MS = 10_000;
const START_MS = 2_000;

/**
 * A `fetch` that does not let `/sync` hang: a poll that is answered neither in its own time nor some seconds later, or that was
 * under way when the machine slept or changed its network, is asked again at once on a new connection. The SDK itself waits 80 s more.
 * A poll can be asked twice, since it changes nothing. The first request for the server's versions, which the SDK awaits before it reads
 * what is on disk, is given up soon: a silent server does not keep anybody from seeing their rooms.
 */
export class SyncFetch {
  readonly #fetch: Fetch;
  readonly #silent: (silent: boolean) => void;
  readonly #open = new Set<AbortController>();
  #started = false;

  /** `silent(true)` is said when a poll goes unanswered, `silent(false)` at the next answer. */
  constructor(fetch: Fetch, silent: (silent: boolean) => void) {
    this.#fetch = fetch;
    this.#silent = silent;
  }

  readonly fetch: Fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const isPoll = (init?.method ?? "GET") === "GET" && url.pathname.endsWith("/_matrix/client/v3/sync");
    if (isPoll) return this.#poll(url, init ?? {});
    if (this.#started || !url.pathname.endsWith("/_matrix/client/versions")) return this.#fetch(input, init);
    this.#started = true;
    const late = new AbortController();
    setTimeout(() => late.abort(RETRY), START_MS).unref();
    return this.#fetch(input, { ...init, signal: either(late.signal, init?.signal) });
  };

  /** Asks every open poll again. */
  wake(): void {
    for (const attempt of this.#open) attempt.abort(RETRY);
  }

  async #poll(url: URL, init: RequestInit): Promise<Response> {
    // An SDK that is stopped while it starts still polls once, and is not there to hear that this failed.
    if (init.signal?.aborted) return new Promise(() => {});
    const patience = Number(url.searchParams.get("timeout") ?? 0) + POLL_GRACE_MS;
    // The first poll of a run may be an initial sync, which takes a large account's server minutes.
    const bounded = url.searchParams.has("since");
    for (;;) {
      const attempt = new AbortController();
      const timer = bounded ? setTimeout(() => this.#giveUp(attempt), patience) : undefined;
      this.#open.add(attempt);
      try {
        const response = await this.#fetch(url, { ...init, signal: either(attempt.signal, init.signal) });
        // A body that stalls is a stalled poll too, so it is read here.
        const body = await response.arrayBuffer();
        this.#silent(false);
        return new Response(response.status === 204 ? null : body, response);
      } catch (error) {
        if (!attempt.signal.aborted || init.signal?.aborted) throw error;
      } finally {
        clearTimeout(timer);
        this.#open.delete(attempt);
      }
    }
  }

  #giveUp(attempt: AbortController): void {
    this.#silent(true);
    attempt.abort(RETRY);
  }
}

const either = (one: AbortSignal, other: AbortSignal | null | undefined) =>
  other ? AbortSignal.any([one, other]) : one;

const RETRY = new DOMException("asked again", "AbortError");
