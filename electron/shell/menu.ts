import { Menu, type MenuItemConstructorOptions } from "electron";

import { t } from "../../shared/messages/messages.ts";

/** The application menu: what Electron's own has, without reloading and, save while developing, without its tools. */
export function setMenu(developing: boolean): void {
  const tools: MenuItemConstructorOptions[] = developing
    ? [{ type: "separator" }, { role: "toggleDevTools" }]
    : [];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { role: process.platform === "darwin" ? "appMenu" : "fileMenu" },
      { role: "editMenu" },
      {
        label: t("menu.view"),
        submenu: [
          { role: "resetZoom" },
          { role: "zoomIn" },
          { role: "zoomOut" },
          { type: "separator" },
          { role: "togglefullscreen" },
          ...tools,
        ],
      },
      { role: "windowMenu" },
    ]),
  );
}
