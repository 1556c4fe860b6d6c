import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// dbus-native of those on npm: MIT, released this year, one dependency, types of its own, nothing to compile. dbus-next
// rests, its copies and homebridge's of dbus-native serve one app each; Python's would be one more language to install.
import {
  createClient,
  defineInterface,
  type DefinedInterface,
  type Message,
  type MessageBus,
} from "dbus-native";
import * as v from "valibot";

import { findDbusDaemon } from "../../build/setup/places.mjs";
import { supervise, type Supervision } from "../stack/supervise.ts";

const NOTIFICATIONS = "org.freedesktop.Notifications";
const LAUNCHER_ENTRY = "com.canonical.Unity.LauncherEntry";
const TRAY = "org.kde.StatusNotifierWatcher";
/** The action of a click on the notification itself; it is no button. */
const CLICK = "default";

/** Why a notification is gone, as the specification numbers it. */
const DISMISSED = 2;
const CLOSED = 3;

/** A notification on the screen. */
export interface Shown {
  readonly title: string;
  readonly body: string;
  /** The labels of its buttons. */
  readonly actions: string[];
}

interface Notice extends Omit<Shown, "actions"> {
  /** Keys and labels, in the order of the buttons. */
  readonly actions: readonly (readonly [key: string, label: string])[];
}

interface Notify {
  readonly replaces_id: number;
  readonly summary: string;
  readonly body: string;
  readonly actions: readonly string[];
}

const launcherUpdate = v.tuple([
  v.string(),
  v.object({
    count: v.optional(v.pipe(v.union([v.bigint(), v.number()]), v.transform(Number))),
    "count-visible": v.optional(v.boolean()),
  }),
]);

/**
 * A desktop's notification service (Desktop Notifications 1.2) on a session bus of its own, answered by a test. It also
 * hears the badge that an app asks docks for, and says that there is a tray where it is to.
 */
export class NotificationService {
  /** What an app needs in its environment to find it. */
  readonly environment: { readonly DBUS_SESSION_BUS_ADDRESS: string };
  readonly #supervision: Supervision;
  readonly #bus: MessageBus;
  readonly #shown = new Map<number, Notice>();
  readonly #interface: DefinedInterface;
  #latest = 0;
  #badge = { count: 0, visible: false };

  private constructor(address: string, supervision: Supervision) {
    this.environment = { DBUS_SESSION_BUS_ADDRESS: address };
    this.#supervision = supervision;
    this.#bus = createClient({ busAddress: address });
    this.#interface = this.#define();
  }

  /** Starts bus and service. Throws where there is no `dbus-daemon`. */
  static async start({ tray = false } = {}): Promise<NotificationService> {
    const command = findDbusDaemon();
    if (!command) throw new Error("there is no dbus-daemon: run node build/setup.mjs servers");
    const folder = await mkdtemp(join(tmpdir(), "carillon-bus-"));
    const socket = join(folder, "bus");
    const address = `unix:path=${socket}`;
    const supervision = supervise(folder);
    try {
      const daemon = supervision.server({
        name: "dbus-daemon",
        command,
        args: ["--session", "--nofork", "--nopidfile", `--address=${address}`],
        answers: () => accepts(socket),
      });
      await daemon.start();
      const service = new NotificationService(address, supervision);
      await service.#serve(tray);
      return service;
    } catch (error) {
      await supervision.end();
      throw error;
    }
  }

  /** What is on the screen, oldest first. */
  notifications(): Shown[] {
    return [...this.#shown.values()].map(({ title, body, actions }) => ({
      title,
      body,
      actions: actions.filter(([key]) => key !== CLICK).map(([, label]) => label),
    }));
  }

  /** Presses a button of the notification with this title, which takes the notification away. */
  press(title: string, label: string): void {
    const [id, { actions }] = this.#find(title);
    const action = actions.find(([key, text]) => key !== CLICK && text === label);
    if (!action) throw new Error(`the notification "${title}" has no button "${label}"`);
    this.#interface.emit["ActionInvoked"]?.(id, action[0]);
    this.#remove(id, DISMISSED);
  }

  /** Puts the notification with this title away unanswered. */
  dismiss(title: string): void {
    this.#remove(this.#find(title)[0], DISMISSED);
  }

  /** The number that docks show at the app's icon; 0 where they show none. */
  badge(): number {
    return this.#badge.visible ? this.#badge.count : 0;
  }

  /** Ends service and bus. */
  async close(): Promise<void> {
    await this.#bus.close();
    await this.#supervision.end();
  }

  async #serve(tray: boolean): Promise<void> {
    await this.#bus.export("/org/freedesktop/Notifications", this.#interface);
    this.#bus.connection.on("message", (message) => this.#hearBadge(message));
    await this.#bus.watch(`type='signal',interface='${LAUNCHER_ENTRY}',member='Update'`);
    if (tray) {
      await this.#bus.export("/StatusNotifierWatcher", trayWatcher());
      await this.#bus.ownName(TRAY);
    }
    // Last, since an app may look for it alone.
    await this.#bus.ownName(NOTIFICATIONS);
  }

  #define(): DefinedInterface {
    return defineInterface({
      name: NOTIFICATIONS,
      methods: {
        GetCapabilities: { out: { capabilities: "as" }, handler: () => ["actions", "body", "persistence"] },
        GetServerInformation: {
          out: { name: "s", vendor: "s", version: "s", spec_version: "s" },
          handler: () => ({ name: "tests", vendor: "Carillon", version: "1", spec_version: "1.2" }),
        },
        Notify: {
          in: {
            app_name: "s",
            replaces_id: "u",
            app_icon: "s",
            summary: "s",
            body: "s",
            actions: "as",
            hints: "a{sv}",
            expire_timeout: "i",
          },
          out: { id: "u" },
          handler: (notify: Notify) => this.#notify(notify),
        },
        CloseNotification: {
          in: { id: "u" },
          handler: ({ id }: { readonly id: number }) => this.#remove(id, CLOSED),
        },
      },
      signals: {
        ActionInvoked: { args: { id: "u", action_key: "s" } },
        NotificationClosed: { args: { id: "u", reason: "u" } },
      },
    });
  }

  #notify({ replaces_id, summary, body, actions }: Notify): number {
    const id = replaces_id || ++this.#latest;
    const pairs = actions.flatMap((key, index) =>
      index % 2 === 0 ? [[key, actions[index + 1] ?? ""] as const] : [],
    );
    this.#shown.set(id, { title: summary, body, actions: pairs });
    return id;
  }

  #find(title: string): readonly [number, Notice] {
    const found = [...this.#shown].find(([, notice]) => notice.title === title);
    if (!found) throw new Error(`no notification "${title}"`);
    return found;
  }

  #remove(id: number, reason: number): void {
    if (this.#shown.delete(id)) this.#interface.emit["NotificationClosed"]?.(id, reason);
  }

  #hearBadge(message: Message): void {
    if (message.interface !== LAUNCHER_ENTRY) return;
    const [, update] = v.parse(launcherUpdate, message.body);
    this.#badge = {
      count: update.count ?? this.#badge.count,
      visible: update["count-visible"] ?? this.#badge.visible,
    };
  }
}

async function accepts(socket: string): Promise<void> {
  const connection = createConnection(socket);
  try {
    await once(connection, "connect");
  } finally {
    connection.destroy();
  }
}

/** Says that there is a tray, which is all that an app asks before it goes without windows; it draws nothing. */
function trayWatcher(): DefinedInterface {
  return defineInterface({
    name: TRAY,
    methods: {
      RegisterStatusNotifierItem: { in: { service: "s" }, handler: () => undefined },
    },
    properties: {
      IsStatusNotifierHostRegistered: { type: "b", access: "read", value: true },
      ProtocolVersion: { type: "i", access: "read", value: 0 },
      RegisteredStatusNotifierItems: { type: "as", access: "read", value: [] },
    },
  });
}
