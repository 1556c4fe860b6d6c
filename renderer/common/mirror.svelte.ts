import type { Client } from "../../shared/ipc/client.ts";
import type { View } from "../../shared/state/views.ts";
import type { WindowRole } from "../../shared/window-role.ts";

/** This window's view of main's state: read here, changed only by asking main. */
export class Mirror<R extends WindowRole> {
  #view = $state.raw<View<R>>();

  constructor(client: Client) {
    client.on("state", (changed) => {
      // Seam: main builds each push from this role's view, and the first one is complete.
      this.#view = { ...this.#view, ...changed } as View<R>;
    });
    // Main logs a refusal; without a push the window keeps showing that it starts.
    client.call("window.ready", {}).catch(() => {});
  }

  /** Undefined before the first push. */
  get current(): View<R> | undefined {
    return this.#view;
  }
}
