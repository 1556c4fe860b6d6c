import { preventable, type Event } from "./event.ts";
import { Modelled, modelled } from "./modelled.ts";
import type { NativeImage } from "./native-image.ts";
import { record } from "./records.ts";

export interface NotificationConstructorOptions {
  id?: string;
  groupId?: string;
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

interface ActivationArguments {
  type: string;
  arguments: string;
  actionIndex?: number;
}

type Closed = Event & { reason?: "userCanceled" | "applicationHidden" | "timedOut" };

/** Notifications that are on the screen, oldest first. */
export const shownNotifications: Notification[] = [];

/** Whether the system shows notifications at all, and the error with which it refuses to; tests change them. */
export const notificationCentre: { supported: boolean; refuses: string | null } = {
  supported: true,
  refuses: null,
};

/** Recorded, never drawn; a test answers it as the user would, with `notificationUser`. */
export class Notification extends Modelled<{
  show: [event: Event];
  click: [event: Event];
  close: [event: Closed];
  action: [event: Event & { actionIndex: number }, actionIndex: number];
  failed: [event: Event, error: string];
}> {
  static isSupported(): boolean {
    return notificationCentre.supported;
  }
  /** Windows tells of clicks on what an earlier run had shown: tests call what is registered. */
  static handleActivation(callback: (details: ActivationArguments) => void): void {
    record("Notification.handleActivation", callback);
  }
  static removeGroup(groupId: string): void {
    record("Notification.removeGroup", groupId);
  }

  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly silent: boolean;
  readonly timeoutType: "default" | "never";
  readonly urgency: "normal" | "critical" | "low";
  readonly actions: NonNullable<NotificationConstructorOptions["actions"]>;
  readonly #options: NotificationConstructorOptions;

  constructor(options: NotificationConstructorOptions = {}) {
    super();
    this.#options = options;
    this.id = options.id ?? crypto.randomUUID();
    this.title = options.title ?? "";
    this.body = options.body ?? "";
    this.silent = options.silent ?? false;
    this.timeoutType = options.timeoutType ?? "default";
    this.urgency = options.urgency ?? "low";
    this.actions = options.actions ?? [];
  }

  show(): void {
    record("Notification.show", this.#options);
    const { refuses } = notificationCentre;
    if (refuses !== null) {
      setImmediate(() => this.emit("failed", preventable(), refuses));
      return;
    }
    if (!shownNotifications.includes(this)) shownNotifications.push(this);
    setImmediate(() => this.emit("show", preventable()));
  }

  close(): void {
    if (!takeAway(this)) return;
    record("Notification.close", this.#options);
    this.emit("close", preventable({}));
  }
}

function takeAway(notification: Notification): boolean {
  const at = shownNotifications.indexOf(notification);
  if (at >= 0) shownNotifications.splice(at, 1);
  return at >= 0;
}

function shown(notification: Notification): void {
  if (!shownNotifications.includes(notification)) throw new Error("this notification is not on the screen");
}

/** What the user does with a notification that is shown; click and button take it away, as Linux's services do. */
export const notificationUser = modelled("notificationUser", {
  click(notification: Notification): void {
    shown(notification);
    notification.emit("click", preventable());
    if (takeAway(notification)) notification.emit("close", preventable({}));
  },
  /** Presses the button of this label. */
  press(notification: Notification, text: string): void {
    shown(notification);
    const actionIndex = notification.actions.findIndex((action) => action.text === text);
    if (actionIndex < 0) throw new Error(`this notification has no button "${text}"`);
    notification.emit("action", preventable({ actionIndex }), actionIndex);
    if (takeAway(notification)) notification.emit("close", preventable({}));
  },
  dismiss(notification: Notification): void {
    shown(notification);
    takeAway(notification);
    notification.emit("close", preventable({ reason: "userCanceled" as const }));
  },
});
