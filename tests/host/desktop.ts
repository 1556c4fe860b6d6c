import { Modelled, modelled } from "./modelled.ts";
import { appFetch } from "./protocol.ts";
import { record } from "./records.ts";

// The small modules that only ask the desktop for something.

export const shell = modelled("shell", {
  openExternal: async (url: string): Promise<void> => record("shell.openExternal", url),
  showItemInFolder: (path: string): void => record("shell.showItemInFolder", path),
  async openPath(path: string): Promise<string> {
    record("shell.openPath", path);
    return "";
  },
  beep: (): void => record("shell.beep"),
});

/** What is registered, by accelerator; a test presses it by calling it. */
export const shortcuts = new Map<string, () => void>();

export const globalShortcut = modelled("globalShortcut", {
  register(accelerator: string, callback: () => void): boolean {
    if (shortcuts.has(accelerator)) return false;
    shortcuts.set(accelerator, callback);
    return true;
  },
  isRegistered: (accelerator: string): boolean => shortcuts.has(accelerator),
  unregister: (accelerator: string): void => void shortcuts.delete(accelerator),
  unregisterAll: (): void => shortcuts.clear(),
});

class NativeTheme extends Modelled<{ updated: [] }> {
  themeSource: "system" | "light" | "dark" = "system";
  get shouldUseDarkColors(): boolean {
    return this.themeSource === "dark";
  }
  /** Panels and taskbars follow the system, which is light here, whatever the app sets. */
  get shouldUseDarkColorsForSystemIntegratedUI(): boolean {
    return false;
  }
}
export const nativeTheme = new NativeTheme();

let copied = "";
export const clipboard = modelled("clipboard", {
  readText: async (): Promise<string> => copied,
  async writeText(text: string): Promise<void> {
    copied = text;
  },
});

type MediaAccess = "not-determined" | "granted" | "denied" | "restricted" | "unknown";
export const mediaAccess: Record<"microphone" | "camera" | "screen", MediaAccess> = {
  microphone: "granted",
  camera: "granted",
  screen: "granted",
};

class SystemPreferences extends Modelled<Record<never, never>> {
  getMediaAccessStatus(type: "microphone" | "camera" | "screen"): MediaAccess {
    return mediaAccess[type];
  }
  async askForMediaAccess(type: "microphone" | "camera"): Promise<boolean> {
    record("systemPreferences.askForMediaAccess", type);
    return mediaAccess[type] === "granted";
  }
}
export const systemPreferences = new SystemPreferences();

/** Whether the machine has a network; tests change it. */
export const network = { online: true };

export const net = modelled("net", {
  fetch: appFetch,
  isOnline: (): boolean => network.online,
  get online(): boolean {
    return network.online;
  },
});
