import type { Event } from "./event.ts";

export interface RenderProcessGoneDetails {
  reason:
    | "clean-exit"
    | "abnormal-exit"
    | "killed"
    | "crashed"
    | "oom"
    | "launch-failed"
    | "integrity-failure"
    | "memory-eviction";
  exitCode: number;
}

export interface HandlerDetails {
  url: string;
  frameName: string;
  features: string;
  disposition: "default" | "foreground-tab" | "background-tab" | "new-window" | "other";
  referrer: { url: string; policy: "default" };
}

type WillNavigate = Event & { url: string; isMainFrame: boolean; isSameDocument: boolean };

export interface WebContentsEvents {
  "console-message": [
    event: Event & { level: string; message: string; lineNumber: number; sourceId: string },
  ];
  "did-start-loading": [];
  "did-stop-loading": [];
  "did-finish-load": [];
  "did-fail-load": [event: Event, code: number, description: string, url: string, isMainFrame: boolean];
  "did-navigate": [event: Event, url: string, status: number, statusText: string];
  "did-navigate-in-page": [event: Event, url: string, isMainFrame: boolean];
  "dom-ready": [event: Event];
  "will-navigate": [event: WillNavigate, url: string];
  "will-frame-navigate": [event: WillNavigate];
  "will-redirect": [event: WillNavigate, url: string];
  "render-process-gone": [event: Event, details: RenderProcessGoneDetails];
  "preload-error": [event: Event, path: string, error: Error];
  "page-title-updated": [event: Event, title: string, explicit: boolean];
  destroyed: [];
  /** There are no web views, so it never comes. */
  "will-attach-webview": [event: Event];
  /** Tests fire these. */
  unresponsive: [];
  responsive: [];
}
