import { preventable, type Event } from "./event.ts";
import { Modelled } from "./modelled.ts";
import type { NativeImage } from "./native-image.ts";
import { record } from "./records.ts";

export interface NotificationConstructorOptions {
  id?: string;
  title?: string;
  subtitle?: string;
  body?: string;
  silent?: boolean;
  icon?: string | NativeImage;
  timeoutType?: "default" | "never";
  sound?: string;
  urgency?: "normal" | "critical" | "low";
  actions?: { type: "button" | "selection"; text?: string }[];
  closeButtonText?: string;
  toastXml?: string;
}

/** Notifications that are on the screen, oldest first. */
export const shownNotifications: Notification[] = [];

/** Recorded, never drawn; a test answers it by `emit("click")` or `emit("action", event, index)`. */
export class Notification extends Modelled<{
  show: [event: Event];
  click: [event: Event];
  close: [event: Event];
  action: [event: Event, actionIndex: number];
  failed: [event: Event, error: string];
}> {
  static isSupported(): boolean {
    return true;
  }

  readonly title: string;
  readonly body: string;
  readonly silent: boolean;
  readonly actions: NonNullable<NotificationConstructorOptions["actions"]>;
  readonly #options: NotificationConstructorOptions;

  constructor(options: NotificationConstructorOptions = {}) {
    super();
    this.#options = options;
    this.title = options.title ?? "";
    this.body = options.body ?? "";
    this.silent = options.silent ?? false;
    this.actions = options.actions ?? [];
  }

  show(): void {
    record("Notification.show", this.#options);
    if (!shownNotifications.includes(this)) shownNotifications.push(this);
    setImmediate(() => this.emit("show", preventable()));
  }

  close(): void {
    const at = shownNotifications.indexOf(this);
    if (at < 0) return;
    shownNotifications.splice(at, 1);
    record("Notification.close", this.#options);
    this.emit("close", preventable());
  }
}
