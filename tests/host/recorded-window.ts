import { Modelled } from "./modelled.ts";
import type { NativeImage } from "./native-image.ts";
import { recordFor } from "./records.ts";
import type { BrowserWindowEvents } from "./window-types.ts";

/** What a window asks of the desktop that Chromium cannot be told over its DevTools: recorded. */
export abstract class RecordedWindow extends Modelled<BrowserWindowEvents> {
  abstract readonly id: number;

  setMinimumSize(width: number, height: number): void {
    recordFor(this.id, "BrowserWindow.setMinimumSize", width, height);
  }
  setSkipTaskbar(on: boolean): void {
    recordFor(this.id, "BrowserWindow.setSkipTaskbar", on);
  }
  setContentProtection(on: boolean): void {
    recordFor(this.id, "BrowserWindow.setContentProtection", on);
  }
  setVisibleOnAllWorkspaces(
    on: boolean,
    options?: { visibleOnFullScreen?: boolean; skipTransformProcessType?: boolean },
  ): void {
    recordFor(this.id, "BrowserWindow.setVisibleOnAllWorkspaces", on, options);
  }
  setBackgroundColor(colour: string): void {
    recordFor(this.id, "BrowserWindow.setBackgroundColor", colour);
  }
  setMenuBarVisibility(on: boolean): void {
    recordFor(this.id, "BrowserWindow.setMenuBarVisibility", on);
  }
  setMenu(menu: null): void {
    recordFor(this.id, "BrowserWindow.setMenu", menu);
  }
  removeMenu(): void {
    recordFor(this.id, "BrowserWindow.removeMenu");
  }
  setIcon(icon: NativeImage | string): void {
    recordFor(this.id, "BrowserWindow.setIcon", icon);
  }
  setOverlayIcon(icon: NativeImage | null, description: string): void {
    recordFor(this.id, "BrowserWindow.setOverlayIcon", icon, description);
  }
  setProgressBar(progress: number): void {
    recordFor(this.id, "BrowserWindow.setProgressBar", progress);
  }
  flashFrame(on: boolean): void {
    recordFor(this.id, "BrowserWindow.flashFrame", on);
  }
}
