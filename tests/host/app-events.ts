import { EventEmitter } from "node:events";

import type { BrowserWindow } from "./browser-window.ts";
import type { Event } from "./event.ts";
import type { WebContents } from "./web-contents.ts";

interface AppNews {
  "browser-window-created": [event: Event, window: BrowserWindow];
  "browser-window-focus": [event: Event, window: BrowserWindow];
  "browser-window-blur": [event: Event, window: BrowserWindow];
  "web-contents-created": [event: Event, contents: WebContents];
  "stand-in:all-closed": [];
}

/** What windows tell `app`, which passes it on; apart from `app`, so that windows need not import it. */
export const appEvents = new EventEmitter<AppNews>();
