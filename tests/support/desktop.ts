import type { ElectronApplication } from "@playwright/test";

import { electronBinary } from "../../build/electron-binary.ts";
import type { host } from "../host/host.ts";
import type { App } from "./app.ts";
import type { NotificationService, Shown } from "./notification-service.ts";

declare const __host: typeof host;

/** Whether a test can see and answer notifications: in the stand-in, and on Linux over D-Bus. */
export const answersNotifications = electronBinary().standIn || process.platform === "linux";

/** What an app shows on the desktop around its windows, and what a person does there. */
export class Desktop {
  readonly #electron: ElectronApplication;
  readonly #service: NotificationService | null;

  constructor({ electron, notificationService }: App) {
    this.#electron = electron;
    this.#service = notificationService;
  }

  /** The notifications on the screen, oldest first. */
  async notifications(): Promise<readonly Shown[]> {
    if (this.#service) return this.#service.notifications();
    return this.#electron.evaluate(() =>
      __host.notifications.map(({ title, body, actions }) => ({
        title,
        body,
        actions: actions.map(({ text }) => text ?? ""),
      })),
    );
  }

  /** Presses a button of the notification with this title. */
  async press(title: string, button: string): Promise<void> {
    if (this.#service) return this.#service.press(title, button);
    return this.#electron.evaluate(
      (_electron, wanted) => {
        const found = __host.notifications.find((one) => one.title === wanted.title);
        if (!found) throw new Error(`no notification "${wanted.title}"`);
        __host.notificationUser.press(found, wanted.button);
      },
      { title, button },
    );
  }

  /** Dismisses all notifications. */
  async clear(): Promise<void> {
    if (this.#service) {
      for (const { title } of this.#service.notifications()) this.#service.dismiss(title);
      return;
    }
    await this.#electron.evaluate(() => {
      for (const one of __host.notifications.slice()) __host.notificationUser.dismiss(one);
    });
  }

  /** What the icon in the tray says; null on real Electron, which does not tell. */
  async tray(): Promise<string | null> {
    if (!electronBinary().standIn) return null;
    return this.#electron.evaluate(() => [...__host.trays.values()][0]?.toolTip ?? "");
  }

  /** The number at the app's icon. On Linux real Electron tells it to the docks only. */
  async badge(): Promise<number> {
    return this.#service?.badge() ?? this.#electron.evaluate(({ app }) => app.getBadgeCount());
  }

  /** Notes from now on which of the app's windows get the keyboard; what is returned tells their paths, in order. */
  async watchFocus(): Promise<() => Promise<readonly string[]>> {
    await this.#electron.evaluate(({ app }) => {
      const seen: string[] = [];
      Object.assign(globalThis, { focusSeen: seen });
      app.on("browser-window-focus", (_event, window) =>
        seen.push(new URL(window.webContents.getURL()).pathname),
      );
    });
    return () =>
      this.#electron.evaluate(() => (globalThis as unknown as { readonly focusSeen: string[] }).focusSeen);
  }

  /** The machine sleeps or wakes. */
  power(event: "suspend" | "resume"): Promise<void> {
    return this.#electron.evaluate(
      ({ powerMonitor }, what) => void powerMonitor.emit(what as "resume"),
      event,
    );
  }
}
