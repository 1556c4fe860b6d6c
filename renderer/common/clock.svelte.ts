/** The time, epoch ms, renewed while the component that made it lives. */
export class Clock {
  #now = $state(Date.now());

  constructor(everyMs: number) {
    $effect(() => {
      const timer = setInterval(() => (this.#now = Date.now()), everyMs);
      return () => clearInterval(timer);
    });
  }

  get now(): number {
    return this.#now;
  }
}
