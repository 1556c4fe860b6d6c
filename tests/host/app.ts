import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { appEvents } from "./app-events.ts";
import { BrowserWindow, closedWindows } from "./browser-window.ts";
import { stopChromium } from "./chromium.ts";
import { preventable, type Event } from "./event.ts";
import { handedOver, takeLock } from "./instance-lock.ts";
import { launch, setSwitch } from "./launch.ts";
import { beginExit, isExiting, isReady, readiness } from "./lifecycle.ts";
import { Modelled, modelled } from "./modelled.ts";
import { stopSchemeServer } from "./protocol.ts";
import { asked, record } from "./records.ts";
import type { WebContents } from "./web-contents.ts";
import type { RenderProcessGoneDetails } from "./web-contents-types.ts";

export interface AppEvents {
  ready: [event: Event, launchInfo: Record<string, unknown>];
  "will-finish-launching": [];
  "window-all-closed": [];
  "before-quit": [event: Event];
  "will-quit": [event: Event];
  quit: [event: Event, exitCode: number];
  "second-instance": [event: Event, argv: string[], workingDirectory: string, additionalData: unknown];
  "browser-window-created": [event: Event, window: BrowserWindow];
  "browser-window-focus": [event: Event, window: BrowserWindow];
  "browser-window-blur": [event: Event, window: BrowserWindow];
  "web-contents-created": [event: Event, contents: WebContents];
  "render-process-gone": [event: Event, contents: WebContents, details: RenderProcessGoneDetails];
  /** Tests fire these. */
  activate: [event: Event, hasVisibleWindows: boolean];
  "open-url": [event: Event, url: string];
  "child-process-gone": [event: Event, details: { type: string; reason: string; exitCode: number }];
}

type PathName =
  | "home"
  | "appData"
  | "userData"
  | "sessionData"
  | "temp"
  | "exe"
  | "module"
  | "desktop"
  | "documents"
  | "downloads"
  | "music"
  | "pictures"
  | "videos"
  | "logs"
  | "crashDumps";

interface LoginItem {
  openAtLogin?: boolean;
  args?: string[];
  path?: string;
}

/** What is drawn into macOS's dock; the number of a bounce ends it. */
const dock = modelled("app.dock", {
  bounce(type: "critical" | "informational" = "informational"): number {
    record("app.dock.bounce", type);
    return asked.length;
  },
  cancelBounce: (id: number): void => record("app.dock.cancelBounce", id),
});
type Dock = typeof dock;

/** The app that opens the links of a scheme, by its name; tests install others. */
export const linkApps = new Map<string, string>();

const PATIENCE_MS = 2000;

const paths = new Map<PathName, string>();
let name: string | undefined;
let quitting = false;
let releaseLock: (() => void) | null = null;
let badge = 0;
let opensAtLogin = false;

/** The user may have to approve it in macOS's settings, which nobody does here. */
const loginStatus = (): "not-registered" | "enabled" | "requires-approval" | "not-found" =>
  opensAtLogin ? "enabled" : "not-registered";

class App extends Modelled<AppEvents> {
  readonly isPackaged = false;
  /** The stand-in poses as Electron on the system that it runs on, which has a dock on macOS only. */
  readonly dock: Dock | undefined = process.platform === "darwin" ? dock : undefined;
  readonly commandLine = modelled("app.commandLine", {
    appendSwitch: (key: string, value = ""): void => setSwitch(key, value),
    hasSwitch: (key: string): boolean => launch.switches.has(key),
    getSwitchValue: (key: string): string => launch.switches.get(key) ?? "",
    removeSwitch: (key: string): void => void launch.switches.delete(key),
  });

  get name(): string {
    return this.getName();
  }
  set name(value: string) {
    this.setName(value);
  }
  get badgeCount(): number {
    return badge;
  }
  set badgeCount(count: number) {
    this.setBadgeCount(count);
  }

  isReady(): boolean {
    return isReady();
  }
  whenReady(): Promise<void> {
    return readiness;
  }
  getName(): string {
    return name ?? launch.name;
  }
  setName(value: string): void {
    name = value;
  }
  getVersion(): string {
    return launch.version;
  }
  getLocale(): string {
    return launch.switches.get("lang") ?? "en-US";
  }
  getSystemLocale(): string {
    return this.getLocale();
  }
  getPreferredSystemLanguages(): string[] {
    return [this.getLocale()];
  }
  getAppPath(): string {
    return launch.folder;
  }

  getPath(which: PathName): string {
    const set = paths.get(which);
    if (set !== undefined) return set;
    switch (which) {
      case "home":
        return homedir();
      case "appData":
        return process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
      case "userData":
        return launch.switches.get("user-data-dir") ?? join(this.getPath("appData"), this.getName());
      case "sessionData":
        return this.getPath("userData");
      case "temp":
        return tmpdir();
      case "exe":
      case "module":
        return launch.executable;
      case "logs":
        return join(this.getPath("userData"), "logs");
      case "crashDumps":
        return join(this.getPath("userData"), "Crashpad");
      default:
        return join(
          homedir(),
          which.replace(/^./, (letter) => letter.toUpperCase()),
        );
    }
  }
  setPath(which: PathName, path: string): void {
    paths.set(which, path);
  }
  setAppLogsPath(path?: string): void {
    paths.set("logs", path ?? join(this.getPath("userData"), "logs"));
  }

  requestSingleInstanceLock(data: unknown = {}): boolean {
    const self = { argv: process.argv, cwd: process.cwd(), data };
    releaseLock ??= takeLock(this.getPath("userData"), self, (second) => {
      this.emit("second-instance", preventable(), second.argv, second.cwd, second.data);
    });
    return releaseLock !== null;
  }
  hasSingleInstanceLock(): boolean {
    return releaseLock !== null;
  }
  releaseSingleInstanceLock(): void {
    releaseLock?.();
    releaseLock = null;
  }

  enableSandbox(): void {
    if (isReady()) throw new Error("app.enableSandbox() can only be called before app is ready");
    record("app.enableSandbox");
  }
  disableHardwareAcceleration(): void {
    setSwitch("disable-gpu", "");
  }
  setAppUserModelId(id: string): void {
    record("app.setAppUserModelId", id);
  }
  setToastActivatorCLSID(id: string): void {
    record("app.setToastActivatorCLSID", id);
  }
  setAsDefaultProtocolClient(scheme: string, path?: string, args?: string[]): boolean {
    record("app.setAsDefaultProtocolClient", scheme, path, args);
    linkApps.set(scheme, this.getName());
    return true;
  }
  getApplicationNameForProtocol(url: string): string {
    return linkApps.get(url.slice(0, url.indexOf(":"))) ?? "";
  }
  getLoginItemSettings(_of: Omit<LoginItem, "openAtLogin"> = {}) {
    return {
      openAtLogin: opensAtLogin,
      wasOpenedAtLogin: false,
      status: loginStatus(),
      executableWillLaunchAtLogin: opensAtLogin,
      launchItems: [],
    };
  }
  setLoginItemSettings(settings: LoginItem): void {
    opensAtLogin = settings.openAtLogin ?? false;
    record("app.setLoginItemSettings", settings);
  }
  getBadgeCount(): number {
    return badge;
  }
  setBadgeCount(count = 0): boolean {
    badge = count;
    record("app.setBadgeCount", count);
    return true;
  }
  focus(options?: { steal: boolean }): void {
    record("app.focus", options);
    BrowserWindow.getAllWindows()[0]?.focus();
  }
  relaunch(options?: { args?: string[]; execPath?: string }): void {
    record("app.relaunch", options);
  }

  quit(): void {
    if (isExiting() || quitting) return;
    quitting = true;
    // Electron's order; each of the three can be refused.
    const quits = this.#may("before-quit") && closeEveryWindow() && this.#may("will-quit");
    quitting = false;
    if (quits) this.exit(0);
  }
  #may(event: "before-quit" | "will-quit"): boolean {
    const asked = preventable();
    this.emit(event, asked);
    return !asked.defaultPrevented;
  }

  exit(code = 0): void {
    if (isExiting()) return;
    beginExit();
    this.emit("quit", preventable(), code);
    this.releaseSingleInstanceLock();
    stopSchemeServer();
    // A page that does not finish must not keep the app alive.
    const pagesDone = Promise.race([closedWindows(), setTimeout(PATIENCE_MS)]);
    void Promise.all([handedOver, pagesDone.then(stopChromium)]).finally(() => process.exit(code));
  }
}

/** Until one refuses; then false. */
function closeEveryWindow(): boolean {
  return BrowserWindow.getAllWindows().every((window) => {
    window.close();
    return window.isDestroyed();
  });
}

export const app = new App();

for (const event of ["browser-window-created", "browser-window-focus", "browser-window-blur"] as const) {
  appEvents.on(event, (details, window) => void app.emit(event, details, window));
}
appEvents.on("web-contents-created", (details, contents) => {
  app.emit("web-contents-created", details, contents);
  contents.on("render-process-gone", (gone, reason) =>
    app.emit("render-process-gone", gone, contents, reason),
  );
});
appEvents.on("stand-in:all-closed", () => {
  if (!isExiting() && !quitting && !app.emit("window-all-closed")) app.quit();
});

/** Where Chromium keeps its profile. */
export const profileFolder = (): string => join(app.getPath("sessionData"), "chromium");
