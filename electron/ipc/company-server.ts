import { AppError } from "../../shared/errors.ts";
import type { Homeserver } from "../../shared/ipc/contract.ts";
import type { AppState } from "../../shared/state/app-state.ts";

/** Holds windows to the company's homeserver, where it allows no other. Both fail with `denied`. */
export class CompanyServer {
  readonly #state: () => Pick<AppState, "company" | "session">;
  /** The base URL at which it was found. */
  #found: string | null = null;

  constructor(state: () => Pick<AppState, "company" | "session">) {
    this.#state = state;
  }

  async discover(server: string, discover: (server: string) => Promise<Homeserver>): Promise<Homeserver> {
    const { company, session } = this.#state();
    // Whoever's session ended goes on with it, by the address that it had.
    const again = session.phase === "signed-out" ? session.again?.homeserver : undefined;
    if (company.homeserverOnly && server !== company.homeserver && server !== again) throw denied();
    const found = await discover(server);
    this.#found = found.url;
    return found;
  }

  /** The same base URL, where somebody may sign in. */
  allowed(url: string): string {
    if (this.#state().company.homeserverOnly && url !== this.#found) throw denied();
    return url;
  }
}

const denied = () => new AppError("denied", "not the company's homeserver");
