import type { Page } from "@playwright/test";

import { ring } from "../support/callers.ts";
import { callButton, hears, moves, press } from "../support/call-window.ts";
import { answersNotifications, Desktop } from "../support/desktop.ts";
import { asleep } from "../support/sleep.ts";
import { freshName, makeRoom, signUp } from "../support/people.ts";
import { expect, test, type Caller } from "./fixtures.ts";

test.skip(!answersNotifications, "no test can press the buttons of this system's own notifications");

/** A desktop that is known to have a tray. */
const WITH_TRAY = { XDG_CURRENT_DESKTOP: "KDE" };

/** Alice calls Bob, who hears of it by whatever he has. */
async function call(alice: Caller): Promise<Page> {
  await callButton(alice.home, "Bob").click();
  const calling = await alice.app.window("call");
  await expect(calling.getByText("Ringing…")).toBeVisible();
  return calling;
}

const rings = (desktop: Desktop) =>
  desktop.notifications().then((all) => all.filter(({ actions }) => actions.includes("Decline")));
const callersOn = (desktop: Desktop) => rings(desktop).then((all) => all.map(({ title }) => title));
const isRinging = (desktop: Desktop) => expect.poll(() => rings(desktop)).toHaveLength(1);
const isSilent = (desktop: Desktop) => expect.poll(() => rings(desktop)).toEqual([]);
/** Only the stand-in can tell what the tray says. */
const traySays = async (desktop: Desktop, words: string) =>
  expect([words, null]).toContain(await desktop.tray());
const calls = (home: Page) => home.getByRole("tab", { name: /^Calls/ });

test("a call rings on every device, is answered from the notification of one, and stops on the other", async ({
  pair,
  device,
}) => {
  const { alice, bob } = await pair({ direct: true });
  const other = await device(bob.person);
  const [here, there] = [new Desktop(bob.app), new Desktop(other.app)];
  await expect(callButton(other.home, "Alice")).toBeVisible();
  const home = await bob.app.electron.browserWindow(bob.home);
  await home.evaluate((window) => window.minimize());

  const calling = await call(alice);
  await Promise.all([isRinging(here), isRinging(there)]);
  expect(await rings(here)).toEqual([
    { title: "Alice", body: "Video call", actions: ["Accept", "Accept without video", "Decline"] },
  ]);
  await traySays(here, "Carillon: Alice is calling");
  const window = await bob.app.window("ring");
  await expect(window.getByRole("alertdialog", { name: /Alice is calling/ })).toBeVisible();

  await here.press("Alice", "Accept");
  const called = await bob.app.window("call");
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice"), hears(calling), hears(called)]);
  await Promise.all([isSilent(here), isSilent(there)]);
  expect(other.app.roles()).toEqual(["home"]);
  await expect(calling.getByText("Ringing…")).toBeHidden();

  await press(called, "Leave call");
  await press(calling, "Leave call");
  await calls(other.home).click();
  await expect(other.home.getByText("On another device")).toBeVisible();
  expect(await there.badge()).toBe(0);
});

test("with no window at all it rings, and a decline on one device silences the other and tells the caller", async ({
  pair,
  launch,
  stack,
}) => {
  const { alice, bob } = await pair({ direct: true });
  const app = await launch({ env: WITH_TRAY });
  const other: Caller = {
    person: bob.person,
    app,
    home: await app.signIn(stack.homeserver.url, bob.person.name, bob.person.password),
  };
  const [here, there] = [new Desktop(bob.app), new Desktop(other.app)];
  await expect(callButton(other.home, "Alice")).toBeVisible();
  await other.app.closeWindow("home");
  expect(other.app.roles()).toEqual([]);
  const focused = await there.watchFocus();

  const calling = await call(alice);
  await Promise.all([isRinging(here), isRinging(there)]);
  const ring = await other.app.window("ring");
  const shown = await other.app.electron.browserWindow(ring);
  await expect.poll(() => shown.evaluate((window) => window.isVisible())).toBe(true);
  // Whoever types elsewhere goes on typing.
  expect(await focused()).toEqual([]);
  await press(ring, "Decline");
  await expect(calling.getByText("declined", { exact: false }).first()).toBeVisible();
  await Promise.all([isSilent(here), isSilent(there)]);
  await expect.poll(() => other.app.roles()).toEqual([]);
  // A window that the user asks for does get it, so that the above could fail.
  await other.app.electron.evaluate(({ app: electron }) => void electron.emit("activate"));
  await expect.poll(focused).toEqual(["/home/index.html"]);
});

test("a restart goes on ringing, and when the caller gives up all is silent and the call is missed", async ({
  pair,
  launch,
}) => {
  const { alice, bob } = await pair({ direct: true });
  await isQuietStart(bob);
  const calling = await call(alice);
  await isRinging(new Desktop(bob.app));
  await bob.app.kill();

  const app = await launch({ profile: bob.app.profile, args: ["--hidden"] });
  const desktop = new Desktop(app);
  await isRinging(desktop);
  await app.window("ring");
  expect(app.roles()).not.toContain("home");

  await press(calling, "Leave call");
  await isSilent(desktop);
  await expect.poll(() => app.roles()).toEqual([]);
  await expect.poll(() => desktop.badge()).toBe(1);
  await traySays(desktop, "Carillon: 1 missed call");

  await app.electron.evaluate(({ app: electron }) => void electron.emit("activate"));
  const home = await app.window("home");
  await calls(home).click();
  await expect(home.getByText("Missed", { exact: true })).toBeVisible();
  await expect.poll(() => desktop.badge()).toBe(0);
});

test("what was declined does not ring again after a restart, though the caller waits on", async ({
  caller,
  launch,
  stack,
}) => {
  const bob = await caller("bob");
  const [alice, carol] = [
    await signUp(stack.homeserver, freshName("alice")),
    await signUp(stack.homeserver, freshName("carol")),
  ];
  const direct = { direct: true, encrypted: false };
  const room = await makeRoom(alice, [bob.person], direct);
  const other = await makeRoom(carol, [bob.person], direct);
  const before = new Desktop(bob.app);
  await isQuietStart(bob);
  await expect(callButton(bob.home, "Carol")).toBeVisible();
  await ring(alice, room, { of: bob.person.userId, lifetime: 120_000 });
  await isRinging(before);
  await before.press("Alice", "Decline");
  await isSilent(before);
  await bob.app.kill();

  const app = await launch({ profile: bob.app.profile, args: ["--hidden"] });
  const desktop = new Desktop(app);
  await ring(carol, other, { of: bob.person.userId, lifetime: 60_000 });
  // Whoever rings before her would be on the screen by now.
  await expect.poll(() => callersOn(desktop)).toContain("Carol");
  expect(await callersOn(desktop)).toEqual(["Carol"]);
  // Nor was it there for a moment: one ring before the restart, one after.
  expect((await app.log()).match(/ info rings$/gm)).toHaveLength(2);
});

test("a ring that nobody answers is missed when its time is over, and is called back in one click", async ({
  pair,
}) => {
  const { alice, bob, room } = await pair({ direct: true, encrypted: false });
  const desktop = new Desktop(bob.app);
  await isQuietStart(bob);
  await ring(alice.person, room, { of: bob.person.userId, lifetime: 10_000 });
  await isRinging(desktop);
  await isSilent(desktop);
  await expect.poll(() => desktop.badge()).toBe(1);
  expect((await desktop.notifications()).map(({ title }) => title)).toEqual(["Missed call from Alice"]);
  await desktop.press("Missed call from Alice", "Call back");
  await bob.app.window("call");
  await calls(bob.home).click();
  await expect(bob.home.getByText("Missed", { exact: true })).toBeVisible();
});

test("do not disturb keeps a call off the screen and in the list; whoever calls twice is let through", async ({
  pair,
}) => {
  const { alice, bob } = await pair({ direct: true });
  const desktop = new Desktop(bob.app);
  await isQuietStart(bob);
  await bob.home.getByRole("button", { name: /^Account/ }).click();
  await bob.home.getByRole("menuitem", { name: "Until I turn it off" }).click();
  await expect(bob.home.getByText("Do not disturb is on")).toBeVisible();

  const opened: Page[] = [];
  bob.app.electron.on("window", (page) => opened.push(page));
  const calling = await call(alice);
  // In Bob's list of running calls it is at once.
  const running = bob.home.getByRole("button", { name: "Join call in Alice" });
  await expect(running).toBeVisible();
  expect(await rings(desktop)).toEqual([]);
  await press(calling, "Leave call");
  await expect.poll(() => desktop.badge()).toBe(1);
  await expect(running).toBeHidden();
  // Neither was there a ring's window, nor is there a note of what was missed.
  expect(opened).toEqual([]);
  expect(await desktop.notifications()).toEqual([]);

  const again = await call(alice);
  await isRinging(desktop);
  await bob.app.window("ring");
  await press(again, "Leave call");
  await isSilent(desktop);
});

test("who sleeps through a ring has missed it; one that still rings at the waking rings on", async ({
  caller,
  stack,
}) => {
  const bob = await caller("bob");
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const room = await makeRoom(alice, [bob.person], { direct: true, encrypted: false });
  const desktop = new Desktop(bob.app);
  await isQuietStart(bob);
  await asleep(stack, bob);
  // Over when the machine wakes, by the caller's own clock.
  await ring(alice, room, { of: bob.person.userId, lifetime: 5_000, sentAgo: 10_000 });
  await desktop.power("resume");
  await expect.poll(() => desktop.badge()).toBe(1);
  expect(await rings(desktop)).toEqual([]);

  await asleep(stack, bob);
  await ring(alice, room, { of: bob.person.userId, lifetime: 60_000 });
  await desktop.power("resume");
  await isRinging(desktop);
});

/** Up to date, so that what comes next is news. */
async function isQuietStart({ home }: Caller): Promise<void> {
  await expect(callButton(home, "Alice")).toBeVisible();
  await expect(home.getByText("Getting up to date…")).toBeHidden();
}
