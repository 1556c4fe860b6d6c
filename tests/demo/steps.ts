/** Says each step with its milliseconds, and names the one that failed. */
export class Steps {
  #running: string | null = null;

  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.#running = name;
    const began = performance.now();
    const result = await run();
    console.log(`${String(Math.round(performance.now() - began)).padStart(7)} ms  ${name}`);
    this.#running = null;
    return result;
  }

  /** The step under way, null between two. */
  get running(): string | null {
    return this.#running;
  }
}
