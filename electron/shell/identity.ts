import { app, Notification } from "electron";

import { APP_ID } from "./app-id.ts";

/** Ours, for ever: Windows starts the app by it when a notification of an earlier run is clicked. */
const TOAST_ACTIVATOR = "{7C1F3A52-9D0B-4E65-8A27-3E5B6D94C0F1}";

/**
 * Who we are to the system; before the first window and notification. `activated` is told of each click on a notification
 * by its tag, also of an earlier run's; null where Windows does not say.
 */
export function identify(activated: (tag: string | null) => void): void {
  if (process.platform !== "win32") return;
  app.setAppUserModelId(APP_ID);
  app.setToastActivatorCLSID(TOAST_ACTIVATOR);
  Notification.handleActivation((details) => activated(tagIn(details.arguments)));
}

const tagIn = (query: string): string | null => new URLSearchParams(query).get("tag");
