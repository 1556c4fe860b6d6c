import { codeOf, type ErrorCode } from "../../shared/errors.ts";

/** One thing asked of main at a time: whether it is under way, and how the last one failed. */
export class Attempt {
  #busy = $state(false);
  #error = $state.raw<ErrorCode | null>(null);

  get busy(): boolean {
    return this.#busy;
  }

  get error(): ErrorCode | null {
    return this.#error;
  }

  /** Does nothing while another is under way. */
  async run(work: () => Promise<unknown>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#error = null;
    try {
      await work();
    } catch (error) {
      this.#error = codeOf(error);
    } finally {
      this.#busy = false;
    }
  }

  dismiss(): void {
    this.#error = null;
  }
}
