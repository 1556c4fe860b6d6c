import type { SfuGrant } from "../../shared/ipc/contract.ts";
import { codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { Link } from "./backend.ts";
import type { DialStatus } from "./reason.ts";

/** Pauses (ms) between attempts; the last one repeats without an end. */
const PAUSES_MS = [250, 500, 1000, 2000, 4000, 8000];
/** The same where the SFU has no room for us yet: whoever makes it may come any moment, and then there is one to talk to. */
const RESTRICTED_PAUSES_MS = [250, 1000, 2000, 3000];
/** The same where we were displaced by ourselves elsewhere: dialled at once, each of the two would end the other for ever. */
const DISPLACED_PAUSES_MS = [30_000, 60_000, 120_000, 300_000];

const REFUSALS = new Map<ErrorCode, "refused" | "misnamed">([
  ["grant-refused", "refused"],
  ["grant-mismatch", "misnamed"],
]);

export interface DialPorts {
  /** A new connection, not yet dialled. */
  readonly open: () => Link;
  /** A fresh grant; each attempt takes its own, since they expire. */
  readonly grant: () => Promise<SfuGrant>;
  readonly changed: () => void;
  /** Whether we are in the call; where not, nobody is displaced for it. */
  readonly live: () => boolean;
  /** Resolves after this long, or early once the signal says that waiting is pointless. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Keeps one SFU connected: dials, dials again after each loss, and never gives up until closed. */
export class Dial {
  #link: Link | null = null;
  #failed: Exclude<DialStatus, "connecting" | "connected" | "reconnecting"> | null = null;
  /** How often in a row the SFU had no room. */
  #roomless = 0;
  #attempt = 0;
  /** How often we were displaced since the user last wanted to be here. */
  #displacements = 0;
  #closed = false;
  #waiting = new AbortController();
  readonly #ports: DialPorts;

  constructor(ports: DialPorts) {
    this.#ports = ports;
    void this.#run();
  }

  /** The connection of the moment, which may still be on its way; null between two. */
  get link(): Link | null {
    return this.#link;
  }

  get status(): DialStatus {
    const status = this.#link?.status;
    // The library notices only after a quarter of a minute.
    if (status === "connected" && this.#link?.quiet) return "reconnecting";
    if (status === "connected" || status === "reconnecting") return status;
    return this.#failed ?? "connecting";
  }

  /** The network came back: no reason to wait any longer, unless for ourselves elsewhere. */
  hurry(): void {
    if (this.#failed === "displaced") return;
    this.#attempt = 0;
    this.#waiting.abort();
  }

  /** The user wants to be here, wherever else we are. */
  insist(): void {
    if (this.#failed === "displaced") this.#failed = null;
    this.#displacements = 0;
    this.hurry();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.abort();
    this.#link?.close();
    this.#link = null;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      await this.#once();
      if (this.#closed) return;
      this.#link = null;
      const { signal } = (this.#waiting = new AbortController());
      const ms = this.#pauseMs();
      this.#attempt += 1;
      // Whoever hears of it may want it again at once.
      this.#ports.changed();
      while (!signal.aborted) {
        await this.#ports.pause(ms, signal);
        if (this.#failed !== "displaced" || this.#ports.live()) break;
      }
    }
  }

  #pauseMs(): number {
    const at = (pauses: readonly number[], tries: number): number =>
      pauses[Math.min(tries, pauses.length - 1)] ?? 0;
    if (this.#failed === "displaced") return at(DISPLACED_PAUSES_MS, this.#displacements - 1);
    if (this.#roomless > 0) return at(RESTRICTED_PAUSES_MS, this.#roomless - 1);
    return at(PAUSES_MS, this.#attempt);
  }

  async #once(): Promise<void> {
    // The engine and the encryption worker start while the grant is fetched.
    const link = this.#ports.open();
    this.#link = link;
    try {
      const grant = await this.#ports.grant();
      if (this.#closed) return link.close();
      await link.connect(grant);
    } catch (error) {
      if (link.displaced) this.#displace();
      else this.#fail(codeOf(error));
      return link.close();
    }
    this.#failed = null;
    this.#roomless = 0;
    this.#attempt = 0;
    this.#ports.changed();
    await link.ended;
    if (link.displaced) this.#displace();
  }

  #displace(): void {
    this.#failed = "displaced";
    this.#roomless = 0;
    this.#displacements += 1;
  }

  #fail(code: ErrorCode): void {
    if (code !== "sfu-restricted") {
      this.#roomless = 0;
      this.#failed = REFUSALS.get(code) ?? "unreachable";
      return;
    }
    this.#roomless += 1;
    // Once, its room may have gone since the grant was given: a fresh grant makes it, if we may at all.
    if (this.#roomless > 1) this.#failed = "restricted";
  }
}
