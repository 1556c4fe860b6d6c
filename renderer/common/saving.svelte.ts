import { codeOf, type ErrorCode } from "../../shared/errors.ts";

/** Things asked of main one after the other, none left out; and how the last one that failed did. */
export class Saving {
  #error = $state.raw<ErrorCode | null>(null);
  #before: Promise<void> = Promise.resolve();

  get error(): ErrorCode | null {
    return this.#error;
  }

  run(work: () => Promise<unknown>): Promise<void> {
    this.#error = null;
    this.#before = this.#after(this.#before, work);
    return this.#before;
  }

  dismiss(): void {
    this.#error = null;
  }

  async #after(before: Promise<void>, work: () => Promise<unknown>): Promise<void> {
    await before;
    try {
      await work();
    } catch (error) {
      this.#error = codeOf(error);
    }
  }
}
