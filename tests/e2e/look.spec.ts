import { dispose } from "@livekit/rtc-node";
import type { Page } from "@playwright/test";

import { proxyOf } from "../stack/stack.ts";
import type { App } from "../support/app.ts";
import { claimCall, joinSfuWithoutKeys, ring } from "../support/callers.ts";
import { moves, press, tile, video } from "../support/call-window.ts";
import { expectQuiet, expectSound, expectTabOrder, picture, tabTo } from "../support/look.ts";
import { emojiOf, OtherDevice } from "../support/other-device.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  sendState,
  signIn,
  signUp,
  type Person,
} from "../support/people.ts";
import { connect, expect, test } from "./fixtures.ts";

const narrow = { width: 360, height: 480 };
const wide = { width: 1600, height: 900 };
const homeSize = { width: 440, height: 720 };
const callSize = { width: 960, height: 640 };
const ringSize = { width: 380, height: 216 };

const search = (home: Page) => home.getByRole("textbox", { name: "Search people and rooms" });

/** From now on nothing opens in the system's browser; what is returned tells what would have. */
async function watchBrowser(app: App): Promise<() => Promise<readonly string[]>> {
  await app.electron.evaluate(({ shell }) => {
    const seen: string[] = [];
    Object.assign(globalThis, { browserSeen: seen });
    shell.openExternal = (url) => Promise.resolve(void seen.push(url));
  });
  return () =>
    app.electron.evaluate(() => (globalThis as unknown as { readonly browserSeen: string[] }).browserSeen);
}

/** In each of these sizes a picture, and nothing amiss. */
async function inSizes(page: Page, name: string, sizes: Record<string, { width: number; height: number }>) {
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    await expectSound(page);
    await picture(page, `${name}-${size}`);
  }
}

test("signing in, calling and leaving need no mouse", async ({ stack, launch }) => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  await makeRoom(alice, [await signUp(stack.homeserver, freshName("bob"))], { direct: true });
  const app = await launch();
  const home = await app.window("home");
  await expect(home.getByLabel("Homeserver")).toBeFocused();
  await home.setViewportSize(homeSize);
  await picture(home, "sign-in-server");
  await home.keyboard.type(stack.homeserver.url);
  await home.keyboard.press("Enter");
  await expect(home.getByLabel("Username")).toBeFocused();
  await expectSound(home);
  await picture(home, "sign-in-password");
  await home.keyboard.type(alice.name);
  await tabTo(home, "Password");
  await home.keyboard.type("not it");
  await home.keyboard.press("Enter");
  await expect(home.getByText("Wrong username or password")).toBeVisible();
  await inSizes(home, "sign-in-wrong", { narrow, normal: homeSize });
  await tabTo(home, "Password");
  await home.keyboard.press("ControlOrMeta+A");
  await home.keyboard.type(alice.password);
  await home.keyboard.press("Enter");

  await expect(search(home)).toBeVisible();
  await tabTo(home, "Video call Bob");
  await picture(home, "home-focus");
  await home.keyboard.press("Enter");
  const call = await app.window("call");
  await expect(call.getByText("Ringing…")).toBeVisible();
  await inSizes(call, "call-ringing", { narrow, wide, normal: callSize });
  await call.keyboard.press("m");
  await expect(call.getByRole("button", { name: "Unmute microphone" })).toBeVisible();
  await tabTo(call, "Leave call");
  await picture(call, "call-tooltip");
  // The window may be gone before the key is up again.
  await Promise.all([call.waitForEvent("close"), call.keyboard.press("Enter").catch(() => {})]);
  await expectQuiet(home);
});

test("the home window is fit to be seen in each of its states and sizes", async ({ stack, caller }) => {
  const { person: alice, home } = await caller("alice");
  await expect(home.getByText("Nobody here yet")).toBeVisible();
  await home.setViewportSize(homeSize);
  await picture(home, "home-empty");

  const bob = await signUp(stack.homeserver, freshName("bob"));
  const others = await Promise.all(
    ["carol", "dora", "maximiliana", "emil"].map((name) => signUp(stack.homeserver, freshName(name))),
  );
  const [carol = bob, dora = bob, long = bob] = others;
  await long.request("PUT", `/v3/profile/${encodeURIComponent(long.userId)}/displayname`, {
    displayname: "Maximiliana Freifrau von und zu Hohenstein-Wallersee",
  });
  for (const other of [bob, carol, dora, long]) await makeRoom(alice, [other], { direct: true });
  await makeRoom(alice, [bob], { direct: false, encrypted: false, name: "Town square" });
  await makeRoom(bob, [alice, carol], { name: "Announcements", callPowerLevel: 50 });
  await makeRoom(alice, [bob, carol, dora], {
    name: "The bell founders' monthly general assembly of both towers and the carillon",
  });
  await makeRoom(alice, [bob, carol, ...others], { name: "Choir" });
  const running = await makeRoom(alice, [bob, carol, dora], { name: "Garden party" });
  for (const person of [bob, carol, dora]) await claimCall(person, running, stack.authorization.url);
  await bob.request("POST", "/v3/createRoom", {
    name: "Band practice",
    preset: "private_chat",
    invite: [alice.userId],
  });
  await expect(home.getByRole("button", { name: "Join call in Garden party" })).toBeVisible();
  await expect(home.getByRole("listitem", { name: "Choir" })).toBeVisible();
  await expect(home.getByRole("button", { name: "Accept" })).toBeVisible();

  await home.emulateMedia({ colorScheme: "light" });
  await inSizes(home, "home-light", { narrow, normal: homeSize, wide });
  await home.emulateMedia({ colorScheme: "dark" });
  await inSizes(home, "home-dark", { wide, narrow, normal: homeSize });
  await expectTabOrder(home);

  await test.step("search", async () => {
    await home.keyboard.press("ControlOrMeta+K");
    await home.keyboard.type("e");
    await picture(home, "home-search");
    await search(home).fill("nobody of this name");
    await expect(home.getByText("Nothing matches")).toBeVisible();
    await expectSound(home);
    await picture(home, "home-search-nothing");
    await home.keyboard.press("Escape");
    await expect(home.getByRole("listitem", { name: "Choir" })).toBeVisible();
  });

  const account = home.getByRole("button", { name: /^Account:/ });
  await test.step("account menu and settings", async () => {
    await account.focus();
    await home.keyboard.press("Enter");
    await expect(home.getByRole("menuitem", { name: "For 1 hour" })).toBeFocused();
    await expectSound(home);
    await picture(home, "home-menu");
    // By its first letters.
    await home.keyboard.type("Set");
    await expect(home.getByRole("menuitem", { name: "Settings" })).toBeFocused();
    await home.keyboard.press("Enter");
    const settings = home.getByRole("dialog", { name: "Settings" });
    await expect(settings.getByRole("combobox", { name: /^Camera: / })).toBeVisible();
    await expectTabOrder(home);
    await inSizes(home, "settings-dark", { narrow, normal: homeSize });
    for (const tab of ["Ringing", "Do not disturb", "Security", "Updates", "General"]) {
      await settings.getByRole("tab", { name: tab }).click();
      await expectTabOrder(home);
      await inSizes(home, `settings-${tab.toLowerCase().replaceAll(" ", "-")}-dark`, {
        narrow,
        normal: homeSize,
      });
    }
    await settings.getByRole("radio", { name: "Light" }).click();
    for (const tab of ["General", "Updates", "Security", "Do not disturb", "Ringing", "Calls"]) {
      await settings.getByRole("tab", { name: tab }).click();
      await expectSound(home);
      await picture(home, `settings-${tab.toLowerCase().replaceAll(" ", "-")}-light`);
    }
    await home.setViewportSize(callSize);
    await expectSound(home);
    await picture(home, "settings-light");
    await settings.getByRole("button", { name: "Show preview" }).click();
    await expect(settings.locator("video")).toBeVisible();
    await picture(home, "settings-preview");
    await settings.getByRole("combobox", { name: /^Camera: / }).click();
    await picture(home, "settings-select");
    await home.keyboard.press("Escape");
    await expect(settings).toBeVisible();
    await home.keyboard.press("Escape");
    await expect(settings).toBeHidden();
    await expect(account).toBeFocused();
  });

  await test.step("signing out is asked first", async () => {
    await home.setViewportSize(homeSize);
    await account.click();
    await home.getByRole("menuitem", { name: "Sign out" }).click();
    const dialog = home.getByRole("dialog");
    await expect(dialog).toBeVisible();
    await expectTabOrder(home);
    await expectSound(home);
    await picture(home, "sign-out");
    await home.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(account).toBeFocused();
  });
  await expectQuiet(home);

  await test.step("a session that another device ended", async () => {
    await alice.request("POST", "/v3/logout/all", {});
    await expect(home.getByText("This device was signed out")).toBeVisible();
    await expectSound(home);
    await picture(home, "signed-out-elsewhere");
  });
});

test("rings and the calls of the past are fit to be seen", async ({ stack, caller }) => {
  const bob = await caller("bob");
  const ringers: { person: Person; room: string }[] = [];
  for (const name of ["alice", "carol", "dora"]) {
    const person = await signUp(stack.homeserver, freshName(name));
    // One after the other: each adds to the same list of direct rooms.
    const room = await makeRoom(person, [bob.person], { direct: true, encrypted: false });
    ringers.push({ person, room });
  }
  const [alice, carol, dora] = ringers;
  if (!alice || !carol || !dora) throw new Error("three people ring");
  const { home } = bob;
  await home.setViewportSize(homeSize);
  await expect(home.getByRole("listitem", { name: "Dora" })).toBeVisible();
  const notice = home.getByRole("button", { name: "Dismiss" });
  if (await notice.isVisible()) await notice.click();
  await ring(alice.person, alice.room, { of: bob.person.userId, lifetime: 90_000 });
  const window = await bob.app.window("ring");
  await expect(window.getByRole("alertdialog", { name: /Alice is calling/ })).toBeVisible();
  await window.setViewportSize(ringSize);
  for (const colorScheme of ["light", "dark"] as const) {
    await window.emulateMedia({ colorScheme });
    await expectSound(window);
    await picture(window, `ring-${colorScheme}`);
    await home.emulateMedia({ colorScheme });
    await expectSound(home);
    await picture(home, `home-ring-${colorScheme}`);
  }
  await expectTabOrder(window);
  await window.getByRole("button", { name: "Reply" }).click();
  await expectSound(window);
  await picture(window, "ring-reply");
  await window.keyboard.press("Escape");

  await ring(carol.person, carol.room, { of: bob.person.userId, lifetime: 90_000, intent: "audio" });
  await expect(window.getByRole("listitem", { name: "Carol" })).toBeVisible();
  await expectSound(window);
  await picture(window, "ring-two");
  await expectQuiet(window);
  await window.getByRole("button", { name: "Decline the call of Carol" }).click();
  await expect(window.getByRole("listitem", { name: "Carol" })).toBeHidden();
  await window.getByRole("button", { name: "Remind me" }).click();
  // One that is over already is missed as well.
  await ring(dora.person, dora.room, { of: bob.person.userId, lifetime: 5_000, sentAgo: 10_000 });

  await home.getByRole("tab", { name: /^Calls/ }).click();
  await expect(home.getByRole("listitem", { name: "Alice" }).getByText("Missed")).toBeVisible();
  await expect(home.getByRole("listitem", { name: "Dora" }).getByText("Missed")).toBeVisible();
  await expect(home.getByRole("listitem", { name: "Carol" }).getByText("You declined")).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await home.emulateMedia({ colorScheme });
    await inSizes(home, `calls-${colorScheme}`, { narrow, wide, normal: homeSize });
  }
  await expectTabOrder(home);
  await expectQuiet(home);
});

test("verifying a device is fit to be seen in each of its steps", async ({ stack, device }) => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const other = await OtherDevice.start(await signIn(alice));
  await other.bootstrap();
  const { home } = await device(alice);
  const sizes = { narrow, normal: homeSize };
  const verify = home.getByRole("button", { name: "Verify", exact: true });
  await expect(home.getByRole("heading", { name: "Verify this device" })).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await home.emulateMedia({ colorScheme });
    await inSizes(home, `verify-${colorScheme}`, { ...sizes, wide });
  }
  await home.getByRole("button", { name: "Later" }).click();
  await expect(home.getByText("Others cannot tell that this device is yours")).toBeVisible();
  await inSizes(home, "verify-later", sizes);
  await expectTabOrder(home);

  await test.step("by the recovery key, or a reset", async () => {
    await verify.click();
    await inSizes(home, "verify-ways", sizes);
    await expectTabOrder(home);
    await home.getByRole("button", { name: "With your recovery key" }).click();
    await home.keyboard.type("EsTc this is not it");
    await home.keyboard.press("Enter");
    await expect(home.getByText("This is not the account's recovery key")).toBeVisible();
    await inSizes(home, "verify-key", sizes);
    await expectTabOrder(home);
    await home.getByRole("button", { name: "Back" }).click();
    await home.getByRole("button", { name: "I have neither" }).click();
    await expect(home.getByRole("dialog", { name: "Reset your identity?" })).toBeVisible();
    await inSizes(home, "verify-reset", sizes);
    await expectTabOrder(home);
    await home.keyboard.press("Escape");
  });

  await test.step("by emoji, without a mouse", async () => {
    await tabTo(home, "Verify");
    await home.keyboard.press("Enter");
    await tabTo(home, "With another device");
    await home.keyboard.press("Enter");
    await expect(home.getByText("Open a Matrix app on another device")).toBeVisible();
    await picture(home, "verify-asked");
    await expect.poll(() => other.requests.length).toBe(1);
    const [request] = other.requests;
    if (!request) throw new Error("nothing was asked");
    await request.accept();
    await expect(home.getByRole("button", { name: "Compare emoji" })).toBeVisible();
    await inSizes(home, "verify-ready", sizes);
    await expectTabOrder(home);
    await tabTo(home, "Compare emoji");
    await home.keyboard.press("Enter");
    const theirs = await emojiOf(request);
    const emoji = home.getByRole("list", { name: "Emoji to compare" }).getByRole("listitem");
    await expect(emoji).toHaveCount(7);
    expect((await emoji.locator("span").allTextContents()).join(" ")).toBe(theirs.emoji.join(" "));
    await inSizes(home, "verify-compare", { ...sizes, wide });
    await expectTabOrder(home);
    await tabTo(home, "They match");
    await home.keyboard.press("Enter");
    await theirs.confirm();
    await expect(home.getByText("Your devices trust each other now")).toBeVisible();
    await inSizes(home, "verify-done", sizes);
    await tabTo(home, "Done");
    await home.keyboard.press("Enter");
    await expect(home.getByRole("dialog")).toBeHidden();
    await expect(home.getByText("Others cannot tell that this device is yours")).toBeHidden();
  });
  await expectQuiet(home);
  other.stop();
});

test("a new account's recovery key, and what other apps do in a room, are fit to be seen", async ({
  stack,
  caller,
}) => {
  const { person: alice, app, home } = await caller("alice");
  const bob = await signUp(stack.homeserver, freshName("bob"));
  const room = await makeRoom(alice, [bob], { name: "Design studio" });
  const call = await makeRoom(alice, [bob], {
    name: "The bell founders' monthly general assembly of both towers and the carillon",
  });
  const member = (application: string, transport: string) => ({
    type: callMemberType,
    stateKey: `_${bob.userId}_${bob.deviceId}_${application}`,
    content: {
      application,
      call_id: "",
      device_id: bob.deviceId,
      expires: 14_400_000,
      focus_active: { type: "livekit", focus_selection: "multi_sfu" },
      foci_preferred: [{ type: transport }],
    },
  });
  await sendState(bob, room, member("org.example.whiteboard", "org.example.relay"));
  await sendState(bob, call, member("m.call", "org.jitsi.meet"));
  await expect(home.getByRole("listitem", { name: "Whiteboard in Design studio" })).toBeVisible();
  await expect(home.getByRole("listitem", { name: /^Jitsi call in The bell/ })).toBeVisible();
  await expect(home.getByRole("heading", { name: "Save your recovery key" })).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await home.emulateMedia({ colorScheme });
    await inSizes(home, `others-${colorScheme}`, { narrow, normal: homeSize, wide });
  }
  await expectTabOrder(home);
  const opened = await watchBrowser(app);
  await home.getByRole("button", { name: "Open Design studio in another Matrix app" }).click();
  const link = `https://matrix.to/#/${encodeURIComponent(room)}?via=${encodeURIComponent(stack.homeserver.serverName)}`;
  await expect.poll(opened).toEqual([link]);
  await home.getByRole("button", { name: "Copy the link of Design studio" }).click();
  await expect(home.getByText("Link copied")).toBeVisible();

  await home.getByRole("button", { name: "Save key" }).click();
  const key = home.getByRole("group", { name: "Your recovery key" });
  await expect(key).toHaveText(/^E\w{3}( \w{1,4}){11}$/);
  await inSizes(home, "recovery-key", { narrow, normal: homeSize });
  await home.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(home.getByText("Copied", { exact: true })).toBeVisible();
  await home.keyboard.press("Escape");
  await expect(home.getByText("This key is not shown again")).toBeVisible();
  await home.getByRole("switch", { name: "I have saved the key" }).click();
  await expectTabOrder(home);
  await home.getByRole("button", { name: "Done" }).click();
  await expect(home.getByRole("heading", { name: "Save your recovery key" })).toBeHidden();
  await expectQuiet(home);
});

test("the call window is fit to be seen in each of its states and sizes", async ({ pair, stack }) => {
  const { alice, bob } = await pair({ direct: true });
  const { calling, called } = await connect(alice, bob);
  await expect(calling).toHaveTitle("Bob – Carillon");
  await calling.setViewportSize(callSize);
  await called.setViewportSize(callSize);
  // README's picture. The pointer would bring out what a tile hides.
  await calling.mouse.move(callSize.width / 2, 2);
  await moves(calling, "Bob", 60);
  await picture(calling, "call");
  await inSizes(calling, "call-two", { narrow, wide, normal: callSize });
  await expectTabOrder(calling);
  await alice.home.setViewportSize(homeSize);
  await picture(alice.home, "home-in-call");
  await alice.home.setViewportSize(narrow);
  await expectSound(alice.home);
  await picture(alice.home, "home-in-call-narrow");

  await test.step("hands, reactions and marks", async () => {
    await called.keyboard.press("h");
    await expect(tile(calling, "Bob").getByLabel(/^Hand raised/)).toBeVisible();
    await inSizes(calling, "call-hand", { narrow, normal: callSize });
    await calling.getByRole("button", { name: /^People in the call/ }).click();
    await expectSound(calling);
    await picture(calling, "call-people");
    await calling.keyboard.press("Escape");
    await tile(calling, "Bob")
      .getByRole("button", { name: /^About Bob/ })
      .click();
    await expect(calling.getByRole("dialog", { name: /^About Bob/ })).toBeVisible();
    await expectSound(calling);
    await picture(calling, "call-about");
    await calling.keyboard.press("Escape");
    await calling.getByRole("button", { name: "Safety code" }).click();
    await expect(calling.getByRole("dialog", { name: "Safety code" })).toBeVisible();
    await inSizes(calling, "call-safety", { narrow, normal: callSize });
    await calling.keyboard.press("Escape");
    await calling.setViewportSize(narrow);
    await calling.getByRole("button", { name: "React" }).click();
    await expect(calling.getByRole("menuitem", { name: "Raise hand" })).toBeVisible();
    await expectSound(calling);
    await picture(calling, "call-react-narrow");
    await calling.keyboard.press("Escape");
    await calling.setViewportSize(callSize);
    await called.getByRole("button", { name: "React" }).click();
    await called.getByRole("menuitem", { name: "Applause" }).click();
    await expect(tile(calling, "Bob").getByText("👏")).toBeVisible();
    await picture(calling, "call-reaction");
    await called.keyboard.press("h");
    await expect(tile(calling, "Bob").getByLabel(/^Hand raised/)).toBeHidden();
  });

  await called.getByRole("button", { name: "Mute microphone" }).click();
  await called.getByRole("button", { name: "Turn camera off" }).click();
  await expect(video(calling, "Bob")).toBeHidden();
  await inSizes(calling, "call-muted", { narrow, normal: callSize });
  await picture(called, "call-self-off");
  await calling.getByRole("button", { name: "Camera and sound" }).click();
  await expectSound(calling);
  await picture(calling, "call-devices");
  await calling.keyboard.press("Escape");
  await called.getByRole("button", { name: "Turn camera on" }).click();

  await called.getByRole("button", { name: "Share screen" }).click();
  const picker = called.getByRole("dialog");
  await expect(picker.getByRole("radio").first()).toBeVisible();
  await expectTabOrder(called);
  await inSizes(called, "share", { narrow, normal: callSize });
  await picker.getByRole("radio").first().click();
  await picker.getByRole("button", { name: "Share", exact: true }).click();
  await expect(video(calling, "Bob's screen")).toBeVisible();
  await inSizes(calling, "call-screen", { narrow, wide, normal: callSize });
  await picture(called, "call-sharing");
  await expectSound(called);
  await called.getByRole("button", { name: "Stop sharing" }).click();

  await test.step("one of them is enlarged, and put back", async () => {
    await tile(calling, "Alice").dblclick();
    await expect(calling.getByRole("button", { name: "Put Alice back" })).toBeAttached();
    await picture(calling, "call-enlarged");
    await tile(calling, "Alice").dblclick();
    await expect(calling.getByRole("button", { name: "Enlarge Alice" })).toBeAttached();
  });

  await test.step("a full screen shows the call alone, until somebody moves", async () => {
    const bar = calling.locator(".bottom");
    await calling.keyboard.press("f");
    await expect(calling.getByRole("button", { name: "Leave full screen" })).toBeVisible();
    await picture(calling, "full-screen");
    await expect(bar).toHaveCSS("opacity", "0");
    await picture(calling, "full-screen-resting");
    await calling.mouse.move(300, 300);
    await expect(bar).toHaveCSS("opacity", "1");
    await calling.keyboard.press("Escape");
    await expect(calling.getByRole("button", { name: "Full screen", exact: true })).toBeVisible();
  });
  await expectQuiet(calling);
  await expectQuiet(called);

  await test.step("no homeserver", async () => {
    const faults = proxyOf(stack, "homeserver");
    await faults.refuse();
    try {
      await expect(calling.getByText("No connection to your homeserver")).toBeVisible();
      await picture(calling, "call-offline");
      await alice.home.setViewportSize(homeSize);
      await expectSound(alice.home);
      await picture(alice.home, "home-offline");
    } finally {
      await faults.pass();
    }
  });
});

test("a device that is not verified is told so before it calls", async ({ caller, device, stack }) => {
  const { person: alice } = await caller("alice");
  const bob = await signUp(stack.homeserver, freshName("bob"));
  await makeRoom(alice, [bob], { name: "Choir", encrypted: true });
  const { app, home } = await device(alice);
  await home.getByRole("button", { name: "Video call Choir" }).click();
  const call = await app.window("call");
  await expect(call.getByText("This device is not verified")).toBeVisible();
  await inSizes(call, "lobby-unverified", { narrow, normal: callSize });
  await call.getByRole("button", { name: "Cancel" }).click();
});

test("a call of many says of each why they are not seen", async ({ stack, caller }) => {
  const { person: alice, app, home } = await caller("alice");
  const names = ["bob", "carol", "dora", "maximiliana", "emil", "frida", "gustav"];
  const others = await Promise.all(names.map((name) => signUp(stack.homeserver, freshName(name))));
  const room = await makeRoom(alice, others, { name: "Choir" });
  await home.getByRole("button", { name: "Video call Choir" }).click();
  const call = await app.window("call");
  await expect(call.getByRole("button", { name: "Join call" })).toBeVisible();
  await expect(call.locator("video")).toBeVisible();
  await inSizes(call, "lobby", { narrow, wide, normal: callSize });
  await expectTabOrder(call);
  await test.step("whom to ring is chosen before anybody is there", async () => {
    await call.getByRole("radio", { name: "Ring selected people" }).click();
    await expect(call.getByRole("checkbox", { name: "Gustav" })).toBeVisible();
    await expect(call.getByRole("button", { name: "Join call" })).toBeDisabled();
    await call.getByRole("checkbox", { name: "Gustav" }).check();
    await inSizes(call, "lobby-whom", { narrow, normal: callSize });
    await call.getByRole("radio", { name: "Announce the call" }).click();
  });
  await call.getByRole("button", { name: "Turn camera off" }).click();
  for (const other of others.slice(0, 3)) await claimCall(other, room, stack.authorization.url);
  await expect(call.getByText("3 people are in the call")).toBeVisible();
  await inSizes(call, "lobby-off", { narrow, normal: callSize });
  await call.getByRole("button", { name: "Join call" }).click();
  await expect(tile(call, "Bob")).toBeVisible();
  await inSizes(call, "call-four", { narrow, normal: callSize });
  const [bob = alice] = others;
  const keyless = await joinSfuWithoutKeys(stack, bob, room);
  await expect(tile(call, "Bob").getByText("Waiting for their encryption key")).toBeVisible();
  await picture(call, "call-key-missing");
  for (const other of others.slice(3)) await claimCall(other, room, "https://127.0.0.1:9");
  await expect(tile(call, "Gustav")).toBeVisible();
  await inSizes(call, "call-eight", { narrow, wide, normal: callSize });
  await keyless.disconnect();
  await press(call, "Leave call");
  await dispose();
});
