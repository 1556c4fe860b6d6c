/// <reference types="electron" />
// Compile-time only: what the stand-in offers under one of Electron's names must fit Electron's own declaration of it.
import type * as standIn from "./electron.ts";

type Real = typeof Electron.CrossProcessExports;
type StandIn = typeof standIn;
type Shared = Extract<keyof StandIn, keyof Real>;

// A class is compared by its instances. `any` stands for the arguments of any constructor.
// oxlint-disable-next-line typescript/no-explicit-any
type Instance<T> = T extends abstract new (...args: any[]) => infer I ? I : T;

/** Overloads of `on` by event do not compare; our event maps are checked where they are used. */
type Emitter = keyof NodeJS.EventEmitter | "prototype";

/**
 * Members whose type holds one of our own classes, which lack most of Electron's members by intent; each of those
 * classes is compared on its own.
 */
type OwnClasses = {
  app: "commandLine" | "dock";
  BrowserWindow: "webContents" | "setIcon" | "setOverlayIcon" | "setMenu";
  dialog: "showMessageBox" | "showMessageBoxSync";
  ipcMain: "handle" | "handleOnce";
  Menu: "items" | "append" | "getMenuItemById";
  MenuItem: "submenu";
  Tray: "setImage" | "setContextMenu";
  desktopCapturer: "getSources";
  nativeImage: "createEmpty" | "createFromBuffer" | "createFromPath" | "createFromDataURL";
  session: "defaultSession";
  BrowserWindowConstructorOptions: "webPreferences" | "icon";
  NotificationConstructorOptions: "icon";
  Session:
    | "protocol"
    | "setPermissionRequestHandler"
    | "setPermissionCheckHandler"
    | "setDisplayMediaRequestHandler";
  WebContents: "ipc" | "session" | "capturePage" | "mainFrame";
  WebFrameMain: "frames" | "parent" | "top";
  webContents: "getAllWebContents" | "getFocusedWebContents" | "fromId" | "fromDevToolsTargetId";
};

type Left<Name> = Name extends keyof OwnClasses ? OwnClasses[Name] | Emitter : Emitter;

/** `Name.member` of members that Electron lacks or declares otherwise. */
type Misfit<Name extends string, Ours, Theirs> = {
  [K in Exclude<keyof Ours & string, Left<Name>>]: K extends keyof Theirs
    ? Ours[K] extends Theirs[K]
      ? never
      : `${Name}.${K}`
    : `${Name}.${K}`;
}[Exclude<keyof Ours & string, Left<Name>>];

type MisfitValues = {
  [Name in Shared]: Misfit<Name, Instance<StandIn[Name]>, Instance<Real[Name]>>;
}[Shared];

type MisfitTypes =
  | Misfit<"NativeImage", standIn.NativeImage, Electron.NativeImage>
  | Misfit<"Session", standIn.Session, Electron.Session>
  | Misfit<"WebContents", standIn.WebContents, Electron.WebContents>
  | Misfit<"WebFrameMain", standIn.WebFrameMain, Electron.WebFrameMain>;

/** Shapes that the app gives, or is given; the app's own code must read them alike on both sides. */
type MisfitShapes =
  | Misfit<"Display", standIn.Display, Electron.Display>
  | Misfit<"HandlerDetails", standIn.HandlerDetails, Electron.HandlerDetails>
  | Misfit<"MessageBoxOptions", standIn.MessageBoxOptions, Electron.MessageBoxOptions>
  | Misfit<
      "NotificationConstructorOptions",
      standIn.NotificationConstructorOptions,
      Electron.NotificationConstructorOptions
    >
  | Misfit<"Rectangle", standIn.Rectangle, Electron.Rectangle>
  | Misfit<"RenderProcessGoneDetails", standIn.RenderProcessGoneDetails, Electron.RenderProcessGoneDetails>
  | Misfit<"WebPreferences", standIn.WebPreferences, Electron.WebPreferences>
  | Misfit<
      "BrowserWindowConstructorOptions",
      standIn.BrowserWindowConstructorOptions,
      Electron.BrowserWindowConstructorOptions
    >;

type None<T extends never> = T;

/** Does not compile where something misfits, and names it. */
export type Fits = None<MisfitValues | MisfitTypes | MisfitShapes>;

/** Exports that Electron does not have. */
export type Extra = None<Exclude<keyof StandIn, keyof Real>>;
