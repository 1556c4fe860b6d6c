import { Notification, type NotificationConstructorOptions } from "electron";

import type { Log } from "../log.ts";
import type { AskedNotice, MissedNotice, Notifier, RingAnswers, RingNotice } from "../ports.ts";
import { askedOptions, MISSED, missedOptions, ringButtons, ringOptions, tagOf } from "./notice.ts";

/** Of older missed calls the list in the home window knows. */
const MOST_MISSED = 20;
/** Windows tells the app of a click right after it told the notification itself. */
const MOST_ANSWERED = 20;

interface On {
  readonly action: (index: number) => void;
  readonly opened: () => void;
}

/** The system's notifications. */
export class ElectronNotifier implements Notifier {
  /** By their tags; one that nothing refers to is taken from the screen, or no longer answers. */
  readonly #shown = new Map<string, Notification>();
  readonly #missed = new Set<string>();
  /** Tags of what was clicked, which may be gone from the screen by that. */
  readonly #answered = new Set<string>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  ring(notice: RingNotice, on: RingAnswers): () => void {
    const tag = tagOf(notice.id);
    let over = false;
    const once = (answer: () => void) => {
      if (!over) answer();
    };
    const shown = this.#show(tag, ringOptions(notice, process.platform), {
      opened: () => once(on.opened),
      action: (index) => {
        const button = ringButtons(notice)[index];
        if (button === "decline") once(on.declined);
        else if (button) once(() => on.accepted(button === "accept-video" ? "video" : "audio"));
      },
    });
    return () => {
      if (over) return;
      over = true;
      if (!shown) return;
      this.#forget(tag, shown);
      shown.close();
    };
  }

  missed(notice: MissedNotice, on: { readonly again: () => void; readonly opened: () => void }): void {
    const tag = tagOf(notice.id);
    this.#missed.delete(tag);
    this.#missed.add(tag);
    for (const oldest of [...this.#missed].slice(0, -MOST_MISSED)) this.#close(oldest);
    this.#show(tag, missedOptions(notice, process.platform), { opened: on.opened, action: on.again });
  }

  clearMissed(): void {
    for (const tag of this.#missed) this.#close(tag);
    // Those of an earlier run.
    if (process.platform === "darwin") Notification.removeGroup(MISSED);
  }

  asked(notice: AskedNotice, on: Pick<RingAnswers, "opened">): () => void {
    const tag = tagOf(notice.id);
    const shown = this.#show(tag, askedOptions(notice, process.platform), { ...on, action: () => {} });
    return () => {
      if (shown && this.#shown.get(tag) === shown) this.#close(tag);
    };
  }

  tell(title: string, body: string): void {
    this.#show(tagOf(title), { title, body, silent: true }, { opened: () => {}, action: () => {} });
  }

  /** Whether a click on this notification is answered in this run; else one of an earlier run was clicked. */
  answers(tag: string): boolean {
    return this.#shown.has(tag) || this.#answered.has(tag);
  }

  #show(tag: string, options: NotificationConstructorOptions, on: On): Notification | null {
    if (!Notification.isSupported()) return null;
    this.#shown.get(tag)?.close();
    const notification = new Notification(options);
    this.#shown.set(tag, notification);
    const answer = (does: () => void) => {
      this.#remember(tag);
      does();
    };
    notification.on("click", () => answer(on.opened));
    notification.on("action", ({ actionIndex }) => answer(() => on.action(actionIndex)));
    notification.on("failed", (_event, error) => {
      this.#log.error("the system does not show a notification", error);
      this.#forget(tag, notification);
    });
    notification.on("close", ({ reason }) => {
      // Windows goes on showing it in its list.
      if (reason !== "timedOut" && reason !== "applicationHidden") this.#forget(tag, notification);
    });
    notification.show();
    return notification;
  }

  #remember(tag: string): void {
    this.#answered.delete(tag);
    this.#answered.add(tag);
    for (const oldest of [...this.#answered].slice(0, -MOST_ANSWERED)) this.#answered.delete(oldest);
  }

  #close(tag: string): void {
    const notification = this.#shown.get(tag);
    this.#shown.delete(tag);
    this.#missed.delete(tag);
    notification?.close();
  }

  #forget(tag: string, notification: Notification): void {
    if (this.#shown.get(tag) !== notification) return;
    this.#shown.delete(tag);
    this.#missed.delete(tag);
  }
}
