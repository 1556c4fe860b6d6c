import type { WindowRole } from "../window-role.ts";
import type { AppState } from "./app-state.ts";

/** What each window sees of the state: properties picked by reference, so an unchanged one is not sent again. */
export const views = {
  home: (state: AppState) => ({ ...state }),
  // It handles what strangers send: of the identity, whose verification holds a secret, it learns no more than it shows.
  call: ({ session, call, settings, identity }: AppState) => ({
    session,
    call,
    settings,
    ownDevice: identity.device,
  }),
  ring: ({ rings, settings }: AppState) => ({ rings, settings }),
} satisfies { [R in WindowRole]: (state: AppState) => object };

export type View<R extends WindowRole> = ReturnType<(typeof views)[R]>;

/** The properties of a view that changed since the last push; the first push carries them all. */
export type Push = Readonly<Record<string, unknown>>;
