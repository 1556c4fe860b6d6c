import type { Clock } from "./ports.ts";

/** At most one appointment: the next moment at which a step has something to do. */
export class Timer {
  readonly #clock: Clock;
  readonly #run: () => void;
  #at: number | null = null;
  #cancel: () => void = () => {};

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  set(at: number | null): void {
    if (at === this.#at) return;
    this.#cancel();
    this.#at = at;
    if (at === null) return;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#at = null;
      this.#run();
    });
  }
}

/** Rejects with `late()` where the promise takes longer; its own outcome is then dropped. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(late()));
    promise.then(resolve, reject).finally(cancel);
  });
}
