import type { BrowserWindowConstructorOptions, Rectangle } from "electron";

import type { WindowRole } from "../../shared/window-role.ts";

const RING = { width: 380, height: 216 };
/** Between the ring window and the edges of the screen's work area. */
const MARGIN = 16;

const shapes: { readonly [R in WindowRole]: BrowserWindowConstructorOptions } = {
  home: { width: 440, height: 720, minWidth: 360, minHeight: 480 },
  call: { width: 960, height: 640, minWidth: 360, minHeight: 480, backgroundColor: "#0f1514" },
  ring: {
    ...RING,
    frame: false,
    alwaysOnTop: true,
    skipTaskbar: true,
    resizable: false,
    minimizable: false,
    maximizable: false,
    fullscreenable: false,
  },
};

/** A panel of macOS floats over other apps' full screens and is clicked without bringing its app to the front. */
export const shapeOf = (role: WindowRole, platform: NodeJS.Platform): BrowserWindowConstructorOptions =>
  role === "ring" && platform === "darwin" ? { ...shapes.ring, type: "panel" } : shapes[role];

/** Top right in a screen's work area, and inside it however small it is. */
export function ringPlace(area: Rectangle): Rectangle {
  const width = Math.min(RING.width, area.width);
  const height = Math.min(RING.height, area.height);
  return {
    x: Math.max(area.x, area.x + area.width - width - MARGIN),
    y: area.y + Math.min(MARGIN, area.height - height),
    width,
    height,
  };
}

/**
 * Whether the ring window can be shown without the keyboard's focus. Choice: not on Wayland, where it stays unseen and
 * only sounds. Why: there a window can neither choose its place nor come up inactive, so it would take what one types.
 * Cost: the ring is on the screen as the system's notification alone; where there is none, the window is shown all the
 * same.
 */
export const canShowUnfocused = (
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  ozone: string,
): boolean =>
  platform !== "linux" ||
  ozone === "x11" ||
  (ozone !== "wayland" && environment["XDG_SESSION_TYPE"] !== "wayland");

/** What becomes of the home window that the user closes. */
export type HomeClose = "close" | "minimize" | "quit";

/** The app lives on in the tray; where there is none, a minimized window is the way back to it. */
export function homeClose(by: { readonly closeToTray: boolean; readonly tray: boolean }): HomeClose {
  if (!by.closeToTray) return "quit";
  return by.tray ? "close" : "minimize";
}
