/** How long (ms) it is said that something was copied. */
const SAID_MS = 4_000;

/** Copies text, and says for a moment whether that worked. */
export class Copying {
  #result = $state.raw<"copied" | "failed" | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #write: (text: string) => Promise<void>;

  constructor(write = (text: string) => navigator.clipboard.writeText(text)) {
    this.#write = write;
    $effect(() => () => clearTimeout(this.#timer));
  }

  get result(): "copied" | "failed" | null {
    return this.#result;
  }

  async copy(text: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#result = await this.#write(text).then(
      () => "copied" as const,
      () => "failed" as const,
    );
    this.#timer = setTimeout(() => (this.#result = null), SAID_MS);
  }
}
