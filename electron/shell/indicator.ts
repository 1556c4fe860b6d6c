import { join } from "node:path";

import { app, BrowserWindow, Menu, nativeImage, nativeTheme, Tray } from "electron";

import type { Indicator, IndicatorAsked, IndicatorState } from "../ports.ts";
import { iconFile, iconState, mayFlash, menuEntries, overlayFile, tooltip } from "./indicator-look.ts";

/** The tray's icon, and what taskbar and dock say. Where no tray shows it, the icon waits for one. */
export class ElectronIndicator implements Indicator {
  readonly #listeners = new Set<(asked: IndicatorAsked) => void>();
  readonly #icons: string;
  readonly #attending: () => BrowserWindow | null;
  #tray: Tray | null = null;
  #state: IndicatorState = { signedIn: false, ringing: null, missed: 0, inCall: false, quiet: null };
  #calmDown: (() => void) | null = null;

  /** `icons` is the folder of pictures; `attending` finds the window that flashes in the taskbar. */
  constructor(icons: string, attending: () => BrowserWindow | null) {
    this.#icons = icons;
    this.#attending = attending;
    nativeTheme.on("updated", () => this.#tray?.setImage(this.#picture()));
    app.on("browser-window-created", (_event, window) => {
      if (process.platform === "win32") this.#overlay(window);
      // Who rings may be known before there is any window to flash.
      window.on("show", () => this.#attend(this.#state.ringing !== null));
    });
  }

  show(state: IndicatorState): void {
    this.#state = state;
    this.#attend(state.ringing !== null);
    const tray = (this.#tray ??= this.#createTray());
    tray.setImage(this.#picture());
    tray.setToolTip(tooltip(state));
    tray.setContextMenu(this.#menu());
    if (process.platform !== "win32") app.setBadgeCount(state.missed);
    else for (const window of BrowserWindow.getAllWindows()) this.#overlay(window);
  }

  onAsked(listener: (asked: IndicatorAsked) => void): void {
    this.#listeners.add(listener);
  }

  #createTray(): Tray {
    const tray = new Tray(this.#picture());
    tray.on("click", () => this.#ask({ type: "open" }));
    return tray;
  }

  #menu(): Menu {
    return Menu.buildFromTemplate(
      menuEntries(this.#state).map((entry) =>
        entry === "separator"
          ? { type: "separator" as const }
          : {
              id: entry.id,
              // A single `&` would be the mark of a shortcut.
              label: entry.label.replaceAll("&", "&&"),
              type: entry.checked === undefined ? ("normal" as const) : ("checkbox" as const),
              checked: entry.checked ?? false,
              enabled: entry.enabled ?? true,
              click: () => this.#ask(entry.asks),
            },
      ),
    );
  }

  #picture() {
    const dark = nativeTheme.shouldUseDarkColorsForSystemIntegratedUI;
    return this.#image(iconFile(iconState(this.#state), process.platform, dark));
  }

  #image(file: string) {
    // Electron finds the sharper one, `@2x`, by itself.
    return nativeImage.createFromPath(join(this.#icons, file));
  }

  #overlay(window: BrowserWindow): void {
    const file = overlayFile(this.#state);
    if (file === null) window.setOverlayIcon(null, "");
    else window.setOverlayIcon(this.#image(file), tooltip(this.#state));
  }

  #attend(wanted: boolean): void {
    if (wanted === (this.#calmDown !== null)) return;
    this.#calmDown?.();
    this.#calmDown = wanted ? this.#draw() : null;
  }

  /** Draws attention, until what is returned is called; null where there is nothing yet to draw it with. */
  #draw(): (() => void) | null {
    const { dock } = app;
    if (dock) {
      const bounce = dock.bounce("critical");
      return () => dock.cancelBounce(bounce);
    }
    const window = mayFlash(process.env) ? this.#attending() : null;
    if (!window) return null;
    window.flashFrame(true);
    return () => {
      if (!window.isDestroyed()) window.flashFrame(false);
    };
  }

  #ask(asked: IndicatorAsked): void {
    for (const listener of this.#listeners) listener(asked);
  }
}
