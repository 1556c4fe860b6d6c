import { AppError } from "../../shared/errors.ts";
import { chooseTransport, type OwnPlace } from "../../shared/rtc/transports.ts";
import { toAppError } from "./failure.ts";
import { RtcRequestError, type Clock, type RtcMatrix } from "./ports.ts";

const KEPT_MS = 10 * 60_000;

/** Where we publish: on what our homeserver offers, else what the user set. */
export class OwnTransport {
  readonly #matrix: Pick<RtcMatrix, "transports">;
  readonly #clock: Clock;
  readonly #ownServiceUrl: () => string | null;
  #kept: { readonly at: number; readonly listed: Promise<readonly unknown[]> } | null = null;
  /** What it offered when it was last asked and answered. */
  #last: readonly unknown[] | null = null;

  constructor(matrix: Pick<RtcMatrix, "transports">, clock: Clock, ownServiceUrl: () => string | null) {
    this.#matrix = matrix;
    this.#clock = clock;
    this.#ownServiceUrl = ownServiceUrl;
  }

  /** URL of the authorization service. Fails with `no-transport`, `offline`, `rate-limited`. */
  async get(): Promise<string> {
    return (await this.place()).serviceUrl;
  }

  /** The same with its SFU. */
  async place(): Promise<OwnPlace> {
    const place = chooseTransport(await this.#listed(), this.#ownServiceUrl());
    if (place === null) throw new AppError("no-transport", "nothing offered, nothing set");
    return place;
  }

  async #listed(): Promise<readonly unknown[]> {
    const now = this.#clock.now();
    if (!this.#kept || now - this.#kept.at >= KEPT_MS) {
      this.#kept = { at: now, listed: this.#matrix.transports() };
    }
    const { listed } = this.#kept;
    try {
      const all = await listed;
      this.#last = all;
      // A server that offers none today may be set up any minute.
      if (all.length === 0) this.#forget(listed);
      return all;
    } catch (error) {
      this.#forget(listed);
      const passes = error instanceof RtcRequestError && /^(offline|rate-limited)$/.test(error.kind);
      if (!passes) return [];
      // A call goes on without its homeserver, and finds back to its SFU.
      if (this.#last) return this.#last;
      throw toAppError(error, "no-transport");
    }
  }

  #forget(listed: Promise<readonly unknown[]>): void {
    if (this.#kept?.listed === listed) this.#kept = null;
  }
}
