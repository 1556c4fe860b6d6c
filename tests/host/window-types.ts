import type { Event } from "./event.ts";
import type { NativeImage } from "./native-image.ts";
import type { PagePreferences } from "./page.ts";

export interface WebPreferences extends PagePreferences {
  sandbox?: boolean;
  contextIsolation?: boolean;
  nodeIntegration?: boolean;
  webviewTag?: boolean;
  webSecurity?: boolean;
  spellcheck?: boolean;
  devTools?: boolean;
  autoplayPolicy?: "no-user-gesture-required" | "user-gesture-required";
}

export interface BrowserWindowConstructorOptions {
  width?: number;
  height?: number;
  x?: number;
  y?: number;
  minWidth?: number;
  minHeight?: number;
  show?: boolean;
  title?: string;
  webPreferences?: WebPreferences;
  /** From here on: recorded, not drawn. */
  alwaysOnTop?: boolean;
  autoHideMenuBar?: boolean;
  backgroundColor?: string;
  center?: boolean;
  focusable?: boolean;
  frame?: boolean;
  fullscreenable?: boolean;
  icon?: NativeImage | string;
  maximizable?: boolean;
  minimizable?: boolean;
  resizable?: boolean;
  skipTaskbar?: boolean;
  /** macOS's, of which the app uses this one. */
  type?: "panel";
  titleBarStyle?: "default" | "hidden" | "hiddenInset" | "customButtonsOnHover";
  titleBarOverlay?: boolean | { color?: string; symbolColor?: string; height?: number };
}

export interface BrowserWindowEvents {
  close: [event: Event];
  closed: [];
  focus: [];
  blur: [];
  show: [];
  hide: [];
  minimize: [];
  restore: [];
  maximize: [];
  unmaximize: [];
  move: [];
  moved: [];
  resize: [];
  resized: [];
  "ready-to-show": [];
  "enter-full-screen": [];
  "leave-full-screen": [];
  "always-on-top-changed": [event: Event, on: boolean];
  "page-title-updated": [event: Event, title: string, explicit: boolean];
  /** Tests fire these. */
  unresponsive: [];
  responsive: [];
  "session-end": [event: Event];
  "query-session-end": [event: Event];
}
