// The module `electron` of the main process. What is not exported here fails where it is imported.
export { app } from "./app.ts";
export { BrowserWindow } from "./browser-window.ts";
export type { BrowserWindowConstructorOptions, WebPreferences } from "./window-types.ts";
export { clipboard, globalShortcut, nativeTheme, net, shell, systemPreferences } from "./desktop.ts";
export { dialog, type MessageBoxOptions } from "./dialog.ts";
export type { Event } from "./event.ts";
export { ipcMain, type IpcMain, type IpcMainEvent, type IpcMainInvokeEvent } from "./ipc-main.ts";
export { Menu, MenuItem, type MenuItemConstructorOptions } from "./menu.ts";
export { nativeImage, type NativeImage } from "./native-image.ts";
export { Notification, type NotificationConstructorOptions } from "./notification.ts";
export { powerMonitor, powerSaveBlocker } from "./power.ts";
export { protocol } from "./protocol.ts";
export { safeStorage } from "./safe-storage.ts";
export { screen, type Display, type Rectangle } from "./screen.ts";
export { desktopCapturer, type DesktopCapturerSource } from "./screen-capture.ts";
export { session, type Session, type Streams } from "./session.ts";
export { Tray } from "./tray.ts";
export { webContents, type WebContents } from "./web-contents.ts";
export type { HandlerDetails, RenderProcessGoneDetails } from "./web-contents-types.ts";
export type { WebFrameMain } from "./web-frame.ts";

declare global {
  namespace NodeJS {
    interface Process {
      /** Set before the app is loaded, as Electron does. */
      readonly resourcesPath: string;
    }
  }
}
