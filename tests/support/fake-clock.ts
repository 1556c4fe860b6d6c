import type { Clock } from "../../electron/rtc/ports.ts";

/** Time that passes only when the test says so. Between timers everything that was promised gets its turn. */
export class FakeClock implements Clock {
  #now: number;
  #count = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const id = this.#count++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), run });
    return () => this.#timers.delete(id);
  }

  /** The same time read from a clock that goes wrong by so much. */
  skewed(byMs: number): Clock {
    return { now: () => this.#now + byMs, after: (ms, run) => this.after(ms, run) };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (await this.#next(end));
    this.#now = end;
  }

  /** Lets time pass until the condition holds, and says how much did. Fails after `withinMs`. */
  async until(what: string, condition: () => boolean, withinMs = 60_000): Promise<number> {
    const start = this.#now;
    await settled();
    while (!condition()) {
      if (!(await this.#next(start + withinMs))) throw new Error(`not within ${withinMs} ms: ${what}`);
    }
    return this.#now - start;
  }

  /** Runs the next timer that is due by `end`; false where there is none. */
  async #next(end: number): Promise<boolean> {
    await settled();
    let next: number | null = null;
    for (const [id, { at }] of this.#timers) {
      const best = next === null ? undefined : this.#timers.get(next);
      if (at <= end && (!best || at < best.at)) next = id;
    }
    const timer = next === null ? undefined : this.#timers.get(next);
    if (next === null || !timer) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, timer.at);
    timer.run();
    await settled();
    return true;
  }
}

/** Every promise that can resolve without time passing has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
