import { codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { Person } from "../../shared/state/app-state.ts";

const PAUSE_MS = 250;
const LEAST = 2;

/** The search term, and the people whom the server knows for it once the typing pauses. */
export class Search {
  term = $state("");
  #found = $state.raw<readonly Person[]>([]);
  #busy = $state(false);
  #error = $state.raw<ErrorCode | null>(null);

  constructor(find: (term: string) => Promise<readonly Person[]>) {
    $effect(() => {
      const term = this.term.trim();
      this.#found = [];
      this.#error = null;
      const enough = term.length >= LEAST;
      this.#busy = enough;
      if (!enough) return undefined;

      let current = true;
      const timer = setTimeout(() => {
        find(term)
          .then(
            (people) => current && (this.#found = people),
            (error: unknown) => current && (this.#error = codeOf(error)),
          )
          .finally(() => current && (this.#busy = false));
      }, PAUSE_MS);
      return () => {
        current = false;
        clearTimeout(timer);
      };
    });
  }

  get active(): boolean {
    return this.term.trim() !== "";
  }

  get found(): readonly Person[] {
    return this.#found;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get error(): ErrorCode | null {
    return this.#error;
  }
}
