import { access, readFile } from "node:fs/promises";
import { join } from "node:path";

import { callButton } from "../support/call-window.ts";
import { answersNotifications, Desktop } from "../support/desktop.ts";
import { callMemberType, freshName, makeRoom, signUp, stateOf } from "../support/people.ts";
import { expect, test } from "./fixtures.ts";

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

test("a quit in the middle of a call leaves it", async ({ pair }) => {
  const { alice, bob, room } = await pair({ direct: true });
  await callButton(alice.home, "Bob").click();
  const calling = await alice.app.window("call");
  await expect(calling.getByText("Ringing…")).toBeVisible();
  await alice.app.close();
  const members = await stateOf(bob.person, room, callMemberType);
  expect(members.filter(({ content }) => Object.keys(content).length > 0)).toEqual([]);
  await expect.poll(() => new Desktop(bob.app).badge()).toBe(1);
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
  await ring.getByRole("button", { name: "Decline", exact: true }).click();
  await expect.poll(() => alice.app.roles()).toEqual(["home"]);
  expect(await desktop.notifications()).toEqual([]);
});

test("start at login writes the desktop's own entry, and takes it away again", async ({ launch, stack }) => {
  test.skip(process.platform !== "linux", "Windows and macOS keep login items of their own");
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const folder = test.info().outputPath("config");
  const app = await launch({ env: { XDG_CONFIG_HOME: folder } });
  const home = await app.signIn(stack.homeserver.url, alice.name, alice.password);
  await home.getByRole("button", { name: /^Account/ }).click();
  await home.getByRole("menuitem", { name: "Settings" }).click();
  await home.getByRole("tab", { name: "General" }).click();
  const file = join(folder, "autostart/im.carillon.Carillon.desktop");
  const item = home.getByRole("switch", { name: /Start .*log in|login/i });
  await item.click();
  await expect(item).toBeChecked();
  expect(await readFile(file, "utf8")).toContain("--hidden");
  await item.click();
  await expect(item).not.toBeChecked();
  await expect(access(file)).rejects.toThrow();
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
