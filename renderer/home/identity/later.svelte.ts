import type { SignedIn } from "../../../shared/state/app-state.ts";
import type { Prompt } from "./prompt.ts";

const KEY = "later";

/** What the user put off on this device: kept in the window's own storage, since nothing but its looks hangs on it. */
export class Later {
  #put = $state.raw<string | null>(read());

  has(session: SignedIn, prompt: Prompt): boolean {
    return this.#put === nameOf(session, prompt);
  }

  put(session: SignedIn, prompt: Prompt): void {
    this.#put = nameOf(session, prompt);
    try {
      localStorage.setItem(KEY, this.#put);
    } catch {
      // It is asked again after the next start.
    }
  }
}

const nameOf = ({ user, device }: SignedIn, prompt: Prompt) => `${prompt} ${user} ${device}`;

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
