import { access, appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";

import { openDatabase } from "../../electron/state/database.ts";
import { readSettings } from "../../electron/state/kept.ts";
import type { Bridge } from "../../shared/ipc/bridge.ts";
import { proxyOf } from "../stack/stack.ts";
import type { App } from "../support/app.ts";
import { callButton, press } from "../support/call-window.ts";
import { answersNotifications, Desktop } from "../support/desktop.ts";
import { callMemberType, freshName, makeRoom, signUp, stateOf } from "../support/people.ts";
import { expect, test } from "./fixtures.ts";

/** Of the page that a function runs in. */
declare const bridge: Bridge;

test.skip(!answersNotifications, "no test can answer this system's notifications");

test("closing the home window leaves the app in the tray, says so once, and quit really quits", async ({
  launch,
  stack,
}) => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const app = await launch({ env: { XDG_CURRENT_DESKTOP: "KDE" } });
  const desktop = new Desktop(app);
  const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
  await expect(home.getByText("Nobody here yet")).toBeVisible();
  await app.closeWindow("home");
  expect((await desktop.notifications()).map(({ title }) => title)).toEqual(["Carillon is still here"]);

  await app.electron.evaluate(({ app: electron }) => void electron.emit("activate"));
  await (await app.window("home")).getByText("Nobody here yet").waitFor();
  await desktop.clear();
  await app.closeWindow("home");
  expect(await desktop.notifications()).toEqual([]);
  await app.close();
});

test("where there is no tray, closing minimizes", async ({ launch, stack }) => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const app = await launch({
    env: { XDG_CURRENT_DESKTOP: "", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" },
  });
  const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
  await expect(home.getByText("Nobody here yet")).toBeVisible();
  const window = await app.electron.browserWindow(home);
  await window.evaluate((one) => one.close());
  await expect.poll(() => window.evaluate((one) => one.isMinimized())).toBe(true);
});

test("a tray that comes after the app is found when the home window is shown again", async ({
  launch,
  stack,
}) => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const app = await launch({
    env: { XDG_CURRENT_DESKTOP: "", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" },
  });
  const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
  await expect(home.getByText("Nobody here yet")).toBeVisible();
  await app.electron.evaluate(({ app: electron }) => {
    process.env["XDG_CURRENT_DESKTOP"] = "KDE";
    electron.emit("activate");
  });
  const window = await app.electron.browserWindow(home);
  const gone = home.waitForEvent("close");
  // It minimizes for as long as the tray is not known.
  await expect(async () => {
    await window.evaluate((one) => one.close());
    await expect.poll(() => home.isClosed(), { timeout: 500 }).toBe(true);
  }).toPass();
  await gone;
});

test("a quit in the middle of a call leaves it", async ({ pair }) => {
  const { alice, bob, room } = await pair({ direct: true });
  // What was before a device's first start is no news to it.
  await expect(callButton(bob.home, "Alice")).toBeVisible();
  await callButton(alice.home, "Bob").click();
  const calling = await alice.app.window("call");
  await expect(calling.getByText("Ringing…")).toBeVisible();
  await alice.app.close();
  const members = await stateOf(bob.person, room, callMemberType);
  expect(members.filter(({ content }) => Object.keys(content).length > 0)).toEqual([]);
  await expect.poll(() => new Desktop(bob.app).badge()).toBe(1);
});

test("a quit in the middle of a call ends the app, also while the homeserver does not answer", async ({
  pair,
  stack,
}) => {
  const { alice } = await pair({ direct: true });
  await callButton(alice.home, "Bob").click();
  const calling = await alice.app.window("call");
  await expect(calling.getByText("Ringing…")).toBeVisible();
  const homeserver = proxyOf(stack, "homeserver");
  homeserver.stall();
  try {
    await test.step("quit", () => alice.app.close(), { timeout: 30_000 });
  } finally {
    await homeserver.pass();
  }
});

test("the ring can be tried, by all that it takes", async ({ caller }) => {
  const alice = await caller("alice");
  const desktop = new Desktop(alice.app);
  await alice.home.getByRole("button", { name: /^Account/ }).click();
  await alice.home.getByRole("menuitem", { name: "Settings" }).click();
  await alice.home.getByRole("tab", { name: "Ringing" }).click();
  await alice.home.getByRole("button", { name: "Test ring" }).click();
  const ring = await alice.app.window("ring");
  await expect(ring.getByText("Test ring")).toBeVisible();
  expect(await desktop.notifications()).toMatchObject([{ title: "Alice", body: "Test ring" }]);
  await press(ring, "Decline");
  await expect.poll(() => alice.app.roles()).toEqual(["home"]);
  expect(await desktop.notifications()).toEqual([]);
});

test("start at login writes the desktop's own entry, reads it back, and takes it away again", async ({
  launch,
  stack,
}) => {
  test.skip(process.platform !== "linux", "Windows and macOS keep login items of their own");
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const folder = test.info().outputPath("config");
  const app = await launch({ env: { XDG_CONFIG_HOME: folder } });
  const startAtLogin = async (of: App) => {
    const home = await of.window("home");
    await home.getByRole("button", { name: /^Account/ }).click();
    await home.getByRole("menuitem", { name: "Settings" }).click();
    await home.getByRole("tab", { name: "General" }).click();
    return home.getByRole("switch", { name: /Start .*log in|login/i });
  };
  await app.signIn(stack.homeserver.url, alice.name, alice.password);
  const file = join(folder, "autostart/im.carillon.Carillon.desktop");
  const item = await startAtLogin(app);
  await item.click();
  await expect(item).toBeChecked();
  await expect.poll(() => readFile(file, "utf8").catch(() => "")).toContain("--hidden");
  await app.close();

  await appendFile(file, "Hidden=true\n");
  const again = await launch({ profile: app.profile, env: { XDG_CONFIG_HOME: folder } });
  const still = await startAtLogin(again);
  await expect(still).not.toBeChecked();
  await still.click();
  await expect(still).toBeChecked();
  await expect.poll(() => readFile(file, "utf8")).not.toContain("Hidden");
  await still.click();
  await expect(still).not.toBeChecked();
  await expect.poll(() => access(file).catch(() => "gone")).toBe("gone");
});

test("a link leads to the person, and never into a call", async ({ pair }) => {
  const { alice, bob, room } = await pair({ direct: true });
  const open = (url: string) =>
    alice.app.electron.evaluate(
      ({ app }, link) => void app.emit("open-url", { preventDefault() {} }, link),
      url,
    );
  await expect(callButton(alice.home, "Bob")).toBeVisible();
  await open(`matrix:u/${bob.person.userId.slice(1)}?action=chat`);
  await expect(alice.home.getByRole("textbox", { name: "Search people and rooms" })).toHaveValue(
    bob.person.userId,
  );
  await expect(callButton(alice.home, "Bob")).toBeVisible();

  await open(`carillon:call/${encodeURIComponent(room)}?intent=audio`);
  const call = await alice.app.window("call");
  await expect(call.getByRole("button", { name: "Join call" })).toBeVisible();
  expect(await new Desktop(bob.app).notifications()).toEqual([]);

  const party = await makeRoom(alice.person, [], { name: "Party" });
  await open(`matrix:roomid/${party.slice(1)}`);
  await expect(alice.home.getByRole("textbox", { name: "Search people and rooms" })).not.toHaveValue("");
});

test("a link to another call, while one is on, shows home and changes nothing", async ({ pair }) => {
  const { alice } = await pair({ direct: true });
  const party = await makeRoom(alice.person, [], { name: "Party" });
  await callButton(alice.home, "Bob").click();
  const call = await alice.app.window("call");
  await expect(call.getByText("Ringing…")).toBeVisible();
  await expect(callButton(alice.home, "Party")).toBeVisible();
  const window = await alice.app.electron.browserWindow(alice.home);
  const isMinimized = () => window.evaluate((one) => one.isMinimized());
  await window.evaluate((one) => one.minimize());
  await expect.poll(isMinimized).toBe(true);
  await alice.app.electron.evaluate(
    ({ app }, link) => void app.emit("open-url", { preventDefault() {} }, link),
    `carillon:call/${encodeURIComponent(party)}?intent=audio`,
  );
  await expect.poll(isMinimized).toBe(false);
  await expect(call.getByText("Ringing…")).toBeVisible();
  const log = await alice.app.log();
  expect(log).toContain("a link to a call came to nothing");
  expect(log).not.toContain("uncaught");
});

test("signing out forgets whose calls ring how", async ({ pair }) => {
  const { alice, bob } = await pair({ direct: true });
  await expect(callButton(alice.home, "Bob")).toBeVisible();
  const changed = await alice.home.evaluate(
    (user) =>
      bridge.invoke("settings.change", {
        ringing: { [user]: { mode: "off", tone: null, volume: null } },
        startMuted: true,
      }),
    bob.person.userId,
  );
  expect(changed).toMatchObject({ ok: true });
  await alice.home.getByRole("button", { name: /^Account:/ }).click();
  await alice.home.getByRole("menuitem", { name: "Sign out" }).click();
  await alice.home.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(alice.home.getByLabel("Homeserver")).toBeVisible();
  await alice.app.close();
  const { database } = openDatabase(join(alice.app.profile, "carillon.db"), new Date());
  expect(readSettings(database)).toMatchObject({ startMuted: true, ringing: {} });
  expect(JSON.stringify(database.json("settings"))).not.toContain(bob.person.userId);
  database.close();
});
