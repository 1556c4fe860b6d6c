import type { Menu } from "./menu.ts";
import { Modelled } from "./modelled.ts";
import type { NativeImage } from "./native-image.ts";
import { record } from "./records.ts";

export interface TrayState {
  image: NativeImage | string;
  toolTip: string;
  title: string;
  menu: Menu | null;
}

/** What each icon in the tray shows; a test clicks it by `emit("click")` or through its menu. */
export const trays = new Map<Tray, TrayState>();

export class Tray extends Modelled<{
  click: unknown[];
  "right-click": unknown[];
  "double-click": unknown[];
}> {
  readonly #state: TrayState;

  constructor(image: NativeImage | string) {
    super();
    this.#state = { image, toolTip: "", title: "", menu: null };
    record("new Tray", image);
    trays.set(this, this.#state);
  }
  setImage(image: NativeImage | string): void {
    this.#state.image = image;
    record("Tray.setImage", image);
  }
  setContextMenu(menu: Menu | null): void {
    this.#state.menu = menu;
  }
  setToolTip(text: string): void {
    this.#state.toolTip = text;
    record("Tray.setToolTip", text);
  }
  setTitle(text: string): void {
    this.#state.title = text;
  }
  getTitle(): string {
    return this.#state.title;
  }
  isDestroyed(): boolean {
    return !trays.has(this);
  }
  destroy(): void {
    trays.delete(this);
  }
}
