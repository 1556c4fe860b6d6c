import { app } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import { Modelled } from "./modelled.ts";
import { record } from "./records.ts";

type Role = "quit" | "close" | "minimize" | "reload" | "togglefullscreen";
// Roles that edit text, zoom, open the tools, or name one of macOS's menus are the system's to perform.
type SystemRole =
  | "about"
  | "appMenu"
  | "fileMenu"
  | "editMenu"
  | "viewMenu"
  | "windowMenu"
  | "help"
  | "hide"
  | "hideOthers"
  | "unhide"
  | "undo"
  | "redo"
  | "cut"
  | "copy"
  | "paste"
  | "selectAll"
  | "resetZoom"
  | "zoomIn"
  | "zoomOut"
  | "toggleDevTools";

export interface MenuItemConstructorOptions {
  id?: string;
  label?: string;
  sublabel?: string;
  accelerator?: string;
  type?: "normal" | "separator" | "submenu" | "checkbox" | "radio";
  role?: Role | SystemRole;
  enabled?: boolean;
  visible?: boolean;
  checked?: boolean;
  click?: (item: MenuItem, window: BrowserWindow | undefined, event: object) => void;
  submenu?: MenuItemConstructorOptions[] | Menu;
}

const performers: Record<Role, (window: BrowserWindow | null) => void> = {
  quit: () => app.quit(),
  close: (window) => window?.close(),
  minimize: (window) => window?.minimize(),
  reload: (window) => window?.reload(),
  togglefullscreen: (window) => window?.setFullScreen(!window.isFullScreen()),
};

export class MenuItem {
  readonly id: string;
  readonly role: Role | SystemRole | undefined;
  readonly type: NonNullable<MenuItemConstructorOptions["type"]>;
  readonly accelerator: string | null;
  readonly submenu: Menu | undefined;
  label: string;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  /** As if the user had chosen it. */
  readonly click: () => void;

  constructor(options: MenuItemConstructorOptions) {
    const { submenu, role, click } = options;
    this.id = options.id ?? "";
    this.role = role;
    this.type = options.type ?? (submenu === undefined ? "normal" : "submenu");
    this.accelerator = options.accelerator ?? null;
    this.submenu = Array.isArray(submenu) ? Menu.buildFromTemplate(submenu) : submenu;
    this.label = options.label ?? "";
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.click = () => {
      const window = BrowserWindow.getFocusedWindow();
      if (this.type === "checkbox") this.checked = !this.checked;
      if (click !== undefined) click(this, window ?? undefined, {});
      else if (role !== undefined && role in performers) performers[role as Role](window);
    };
  }
}

let applicationMenu: Menu | null = null;

/** Recorded, never drawn; a test chooses an item by `getMenuItemById(id).click()`. */
export class Menu extends Modelled<{ "menu-will-show": []; "menu-will-close": [] }> {
  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }
  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }
  static buildFromTemplate(template: (MenuItemConstructorOptions | MenuItem)[]): Menu {
    const menu = new Menu();
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item));
    return menu;
  }

  items: MenuItem[] = [];

  append(item: MenuItem): void {
    this.items.push(item);
  }
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
  popup(): void {
    record("Menu.popup", this);
    this.emit("menu-will-show");
  }
  closePopup(): void {
    this.emit("menu-will-close");
  }
}
