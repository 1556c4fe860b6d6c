import { createContext } from "svelte";

import type { Bridge } from "../../shared/ipc/bridge.ts";
import { createClient, type Client } from "../../shared/ipc/client.ts";

declare global {
  interface Window {
    /** Put there by the preload. */
    readonly bridge: Bridge;
  }
}

export const windowClient = (): Client => createClient(window.bridge);

/** The client of this window, for components anywhere below the one that provides it. */
export const [useClient, provideClient] = createContext<Client>();
