import type { host } from "../host/host.ts";
import type { App } from "./app.ts";

declare const __host: typeof host;

/** What an app shows on the desktop around its windows, and what a person does there. */
export class Desktop {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  /** The notifications on the screen, oldest first. */
  notifications(): Promise<readonly { title: string; body: string; actions: string[] }[]> {
    return this.#app.electron.evaluate(() =>
      __host.notifications.map(({ title, body, actions }) => ({
        title,
        body,
        actions: actions.map(({ text }) => text ?? ""),
      })),
    );
  }

  /** Presses a button of the notification with this title. */
  press(title: string, button: string): Promise<void> {
    return this.#app.electron.evaluate(
      (_electron, wanted) => {
        const found = __host.notifications.find((one) => one.title === wanted.title);
        if (!found) throw new Error(`no notification "${wanted.title}"`);
        __host.notificationUser.press(found, wanted.button);
      },
      { title, button },
    );
  }

  /** Dismisses all notifications. */
  clear(): Promise<void> {
    return this.#app.electron.evaluate(() => {
      for (const one of [...__host.notifications]) __host.notificationUser.dismiss(one);
    });
  }

  /** What the icon in the tray says. */
  tray(): Promise<string> {
    return this.#app.electron.evaluate(() => [...__host.trays.values()][0]?.toolTip ?? "");
  }

  badge(): Promise<number> {
    return this.#app.electron.evaluate(({ app }) => app.getBadgeCount());
  }

  /** The names of all that took, or asked for, the keyboard: windows that were shown or focused since the start, in order. */
  focusTaken(): Promise<readonly string[]> {
    return this.#app.electron.evaluate(() =>
      __host.asked
        .filter(({ name }) => ["BrowserWindow.show", "BrowserWindow.focus", "app.focus"].includes(name))
        .map(({ name, window }) => `${name} ${window ?? ""}`),
    );
  }

  /** The machine sleeps or wakes. */
  power(event: "suspend" | "resume"): Promise<void> {
    return this.#app.electron.evaluate(
      ({ powerMonitor }, what) => void powerMonitor.emit(what as "resume"),
      event,
    );
  }
}
