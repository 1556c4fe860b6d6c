import type { AppState } from "../../shared/state/app-state.ts";
import { views } from "../../shared/state/views.ts";
import type { Store } from "../state/store.ts";
import type { AppWindow } from "./ports.ts";
import { tell } from "./tell.ts";

/** Keeps every window that said it is ready in step with the store. */
export class Publisher {
  readonly #sent = new Map<AppWindow, Record<string, unknown>>();
  readonly #store: Store<AppState>;

  constructor(store: Store<AppState>) {
    this.#store = store;
    store.subscribe(() => {
      for (const window of this.#sent.keys()) this.#push(window);
    });
  }

  /** A window that reloads says so again, and is told everything again. */
  add(window: AppWindow): void {
    this.#sent.set(window, {});
    this.#push(window);
  }

  remove(window: AppWindow): void {
    this.#sent.delete(window);
  }

  #push(window: AppWindow): void {
    const view: Record<string, unknown> = views[window.role](this.#store.state);
    const sent = this.#sent.get(window);
    const changed = Object.fromEntries(
      Object.entries(view).filter(([key, value]) => !sent || sent[key] !== value),
    );
    if (Object.keys(changed).length === 0) return;
    this.#sent.set(window, view);
    tell(window, "state", changed);
  }
}
