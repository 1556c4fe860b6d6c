import { AppError } from "../../shared/errors.ts";
import type { Homeserver } from "../../shared/ipc/contract.ts";
import type { Company } from "../../shared/state/app-state.ts";

/** Holds windows to the company's homeserver, where it allows no other. Both fail with `denied`. */
export class CompanyServer {
  readonly #company: () => Company;
  /** The base URL at which it was found. */
  #found: string | null = null;

  constructor(company: () => Company) {
    this.#company = company;
  }

  async discover(server: string, discover: (server: string) => Promise<Homeserver>): Promise<Homeserver> {
    const { homeserver, homeserverOnly } = this.#company();
    if (homeserverOnly && server !== homeserver) throw denied();
    const found = await discover(server);
    this.#found = found.url;
    return found;
  }

  /** The same base URL, where somebody may sign in. */
  allowed(url: string): string {
    if (this.#company().homeserverOnly && url !== this.#found) throw denied();
    return url;
  }
}

const denied = () => new AppError("denied", "not the company's homeserver");
