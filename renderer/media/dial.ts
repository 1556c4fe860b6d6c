import type { SfuGrant } from "../../shared/ipc/contract.ts";
import { codeOf } from "../../shared/errors.ts";
import type { Link } from "./backend.ts";
import type { DialStatus } from "./reason.ts";

/** Pauses (ms) between attempts; the last one repeats without an end. */
const PAUSES_MS = [250, 500, 1000, 2000, 4000, 8000];

export interface DialPorts {
  /** A new connection, not yet dialled. */
  readonly open: () => Link;
  /** A fresh grant; each attempt takes its own, since they expire. */
  readonly grant: () => Promise<SfuGrant>;
  readonly changed: () => void;
  /** Resolves after this long, or early once the signal says that waiting is pointless. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Keeps one SFU connected: dials, dials again after each loss, and never gives up until closed. */
export class Dial {
  #link: Link | null = null;
  #failed: "refused" | "unreachable" | null = null;
  #attempt = 0;
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
    if (status === "connected" || status === "reconnecting") return status;
    return this.#failed ?? "connecting";
  }

  /** The network came back: no reason to wait any longer. */
  hurry(): void {
    this.#attempt = 0;
    this.#waiting.abort();
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
      this.#ports.changed();
      this.#waiting = new AbortController();
      const ms = PAUSES_MS[Math.min(this.#attempt, PAUSES_MS.length - 1)] ?? 0;
      this.#attempt += 1;
      await this.#ports.pause(ms, this.#waiting.signal);
    }
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
      this.#failed = codeOf(error) === "grant-refused" ? "refused" : "unreachable";
      return link.close();
    }
    this.#failed = null;
    this.#attempt = 0;
    this.#ports.changed();
    await link.ended;
  }
}
