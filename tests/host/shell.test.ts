// The app's own dealings with the desktop, from their source, over the stand-in.
import { appendFile, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

const root = resolve(import.meta.dirname, "../..");
const load = (file: string) => `await fixture.load(${JSON.stringify(join(root, "electron/shell", file))})`;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await launchFixture();
  await fixture.main(`void Object.assign(fixture, {
    logged: [],
    log: { error: (...words) => fixture.logged.push(words.join(" ")) },
  })`);
});
afterAll(() => fixture.stop());

const asked = (name: string) =>
  fixture.main(`__host.asked.filter((one) => one.name === ${JSON.stringify(name)}).map((one) => one.args)`);

const user = (does: string, title: string, more = "") =>
  fixture.main(
    `__host.notificationUser.${does}(__host.notifications.find((one) => one.title === ${JSON.stringify(title)})${more})`,
  );
const onScreen = () => fixture.main("__host.notifications.map((one) => one.title)");
const answers = () => fixture.main("fixture.answers.splice(0)");

test("a ring's notification answers as its buttons say, and goes when the ring does", async () => {
  await fixture.main(`(async () => {
    const { ElectronNotifier } = ${load("notifier.ts")};
    fixture.notifier = new ElectronNotifier(fixture.log);
    fixture.answers = [];
    fixture.ring = (id, title, more = {}) =>
      fixture.notifier.ring({ id, title, body: "Video call", intent: "video", second: false, ...more }, {
        accepted: (intent) => fixture.answers.push("accepted " + intent),
        declined: () => fixture.answers.push("declined"),
        opened: () => fixture.answers.push("opened"),
      });
  })()`);
  for (const [press, answer] of [
    ["Accept", "accepted video"],
    ["Accept without video", "accepted audio"],
    ["Decline", "declined"],
  ]) {
    await fixture.main("void (fixture.stop = fixture.ring('$1', 'Bob'))");
    await user("press", "Bob", `, ${JSON.stringify(press)}`);
    expect(await answers()).toEqual([answer]);
    await fixture.main("fixture.stop()");
    expect(await onScreen()).toEqual([]);
  }
  await fixture.main("void (fixture.stop = fixture.ring('$1', 'Bob', { intent: 'audio' }))");
  await user("press", "Bob", ", 'Accept'");
  expect(await answers()).toEqual(["accepted audio"]);
  await fixture.main("fixture.stop()");
});

test("a plain click opens, dismissing answers nothing, and a ring that is over takes no answer", async () => {
  await fixture.main("void (fixture.stop = fixture.ring('$1', 'Bob'))");
  await user("click", "Bob");
  expect(await answers()).toEqual(["opened"]);
  await fixture.main("fixture.stop()");

  await fixture.main("void (fixture.stop = fixture.ring('$2', 'Bob'))");
  await user("dismiss", "Bob");
  expect(await answers()).toEqual([]);
  await fixture.main("fixture.stop()");

  await fixture.main("void (fixture.stop = fixture.ring('$3', 'Bob'))");
  await fixture.main("void (fixture.late = __host.notifications[0])");
  await fixture.main("fixture.stop()");
  expect(await onScreen()).toEqual([]);
  await fixture.main("fixture.late.emit('action', { actionIndex: 0 }, 0)");
  expect(await answers()).toEqual([]);
});

test("the end of one ring leaves another's notification, also one for the same event", async () => {
  await fixture.main("void (fixture.stop = fixture.ring('$1', 'Bob'))");
  await fixture.main("void (fixture.again = fixture.ring('$1', 'Bob again'))");
  await fixture.main("void (fixture.other = fixture.ring('$2', 'Carol', { second: true }))");
  expect(await onScreen()).toEqual(["Bob again", "Carol"]);
  await fixture.main("fixture.stop()");
  expect(await onScreen()).toEqual(["Bob again", "Carol"]);
  await user("press", "Carol", ", 'Decline'");
  expect(await answers()).toEqual(["declined"]);
  await fixture.main("void (fixture.again(), fixture.other())");
  expect(await onScreen()).toEqual([]);
});

test("a missed call can be called back, and what was said of missed calls can be taken away", async () => {
  const missed = (id: string, title: string) =>
    fixture.main(`fixture.notifier.missed({ id: ${JSON.stringify(id)}, title: ${JSON.stringify(title)}, body: "Missed" }, {
      again: () => fixture.answers.push("again"),
      opened: () => fixture.answers.push("opened"),
    })`);
  await missed("$1", "Bob");
  await missed("$2", "Carol");
  await missed("$3", "Dan");
  await user("press", "Bob", ", 'Call back'");
  await user("click", "Carol");
  expect(await answers()).toEqual(["again", "opened"]);
  await fixture.main("void fixture.ring('$4', 'Eve')");
  await fixture.main("fixture.notifier.clearMissed()");
  expect(await onScreen()).toEqual(["Eve"]);
  await user("dismiss", "Eve");
});

test("what somebody asks is opened by a click, and taken away when they wait no more", async () => {
  await fixture.main(`void (fixture.stop = fixture.notifier.asked(
    { id: "a", title: "Verify Bob", body: "Bob asks" },
    { opened: () => fixture.answers.push("opened") },
  ))`);
  expect(await onScreen()).toEqual(["Verify Bob"]);
  await fixture.main("fixture.stop()");
  expect(await onScreen()).toEqual([]);
  await fixture.main(`void (fixture.stop = fixture.notifier.asked(
    { id: "a", title: "Verify Bob", body: "Bob asks" },
    { opened: () => fixture.answers.push("opened") },
  ))`);
  await user("click", "Verify Bob");
  expect(await answers()).toEqual(["opened"]);
  await fixture.main("fixture.stop()");
});

test("a notification that the system refuses is logged, and one that it cannot show at all does nothing", async () => {
  await fixture.main("void (__host.notificationCentre.refuses = 'no bus')");
  await fixture.main("void (fixture.stop = fixture.ring('$1', 'Bob'))");
  await eventually(() => fixture.main("fixture.logged")).toEqual([
    "the system does not show a notification no bus",
  ]);
  await fixture.main("fixture.stop()");
  await fixture.main("void Object.assign(__host.notificationCentre, { refuses: null, supported: false })");
  const before = await asked("Notification.show");
  await fixture.main("void (fixture.stop = fixture.ring('$1', 'Bob'))");
  await fixture.main("fixture.stop()");
  expect(await asked("Notification.show")).toEqual(before);
  await fixture.main("void (__host.notificationCentre.supported = true)");
});

const tray = "[...__host.trays.values()][0]";
const show = (state: object) =>
  fixture.main(
    `fixture.indicator.show(${JSON.stringify({ signedIn: true, ringing: null, missed: 0, inCall: false, quiet: null, ...state })})`,
  );

test("the tray shows who rings and what was missed, and its menu asks", async () => {
  await fixture.main(`(async () => {
    const { ElectronIndicator } = ${load("indicator.ts")};
    fixture.indicator = new ElectronIndicator(${JSON.stringify(join(root, "build/tray"))}, () => fixture.first);
    fixture.wishes = [];
    fixture.indicator.onAsked((asked) => fixture.wishes.push(asked));
  })()`);
  await show({});
  const picture = () => fixture.main(`${tray}.image.toPNG().toString("base64")`);
  const normal = await picture();
  expect(await fixture.main(`[${tray}.toolTip, ${tray}.image.isEmpty()]`)).toEqual(["Carillon", false]);

  await show({ ringing: { id: "$r", name: "Bob & Co", second: false } });
  expect(await picture()).not.toBe(normal);
  expect(await fixture.main(`${tray}.toolTip`)).toBe("Carillon: Bob & Co is calling");
  expect(await fixture.main(`${tray}.menu.getMenuItemById("accept").label`)).toBe(
    "Accept call from Bob && Co",
  );
  for (const id of ["accept", "decline", "open", "quiet", "quit"])
    await fixture.main(`${tray}.menu.getMenuItemById(${JSON.stringify(id)}).click()`);
  await fixture.main("[...__host.trays.keys()][0].emit('click')");
  expect(await fixture.main("fixture.wishes")).toEqual([
    { type: "accept", ring: "$r" },
    { type: "decline", ring: "$r" },
    { type: "open" },
    { type: "toggle-quiet" },
    { type: "quit" },
    { type: "open" },
  ]);
  await show({ quiet: { why: "schedule", to: 420 } });
  expect(
    await fixture.main(
      `(({ enabled, checked }) => [enabled, checked])(${tray}.menu.getMenuItemById("quiet"))`,
    ),
  ).toEqual([false, true]);
  await show({ missed: 2 });
  expect(await fixture.main(`[${tray}.toolTip, ${tray}.menu.getMenuItemById("accept")]`)).toEqual([
    "Carillon: 2 missed calls",
    null,
  ]);
  expect(await fixture.main("electron.app.getBadgeCount()")).toBe(2);
  expect(await fixture.main("__host.trays.size")).toBe(1);
});

test("a window flashes in the taskbar for as long as it rings", async () => {
  const before = (await asked("BrowserWindow.flashFrame")) as unknown[];
  const ringing = { id: "$r", name: "Bob", second: false };
  await show({ ringing });
  await show({ ringing, missed: 1 });
  await show({});
  expect(((await asked("BrowserWindow.flashFrame")) as unknown[]).slice(before.length)).toEqual([
    [true],
    [false],
  ]);
});

test("where no window is open, the one that comes up while it rings flashes", async () => {
  const before = (await asked("BrowserWindow.flashFrame")) as unknown[];
  const first = "fixture.late";
  await fixture.main("void ([fixture.kept, fixture.first] = [fixture.first, null])");
  await show({ ringing: { id: "$r", name: "Bob", second: false } });
  expect(((await asked("BrowserWindow.flashFrame")) as unknown[]).slice(before.length)).toEqual([]);
  await fixture.main(
    `void (${first} = fixture.first = new electron.BrowserWindow({ show: false }), ${first}.showInactive())`,
  );
  await fixture.main(`void (${first}.hide(), ${first}.showInactive())`);
  await show({});
  expect(((await asked("BrowserWindow.flashFrame")) as unknown[]).slice(before.length)).toEqual([
    [true],
    [false],
  ]);
  await fixture.main(`void (${first}.destroy(), (fixture.first = fixture.kept))`);
});

test("the login item is a desktop entry that starts the app hidden, and goes when it is turned off", async () => {
  const config = join(fixture.userData, "config");
  await fixture.main(`void (process.env.XDG_CONFIG_HOME = ${JSON.stringify(config)})`);
  const file = join(config, "autostart/im.carillon.Carillon.desktop");
  const set = (on: boolean) => fixture.main(`(${load("login-item.ts")}).electronLoginItem.set(${on})`);
  const isOn = () => fixture.main(`(${load("login-item.ts")}).electronLoginItem.isOn()`);
  await set(false);
  expect(await isOn()).toBe(false);
  await set(true);
  expect(await isOn()).toBe(true);
  await appendFile(file, "Hidden=true\n");
  expect(await isOn()).toBe(false);
  await set(true);
  const entry = await readFile(file, "utf8");
  expect(entry).toContain(`"--hidden"\n`);
  expect(entry).toContain(String(await fixture.main("process.execPath")));
  await fixture.main("void (process.env.APPIMAGE = '/home/a b/Carillon.AppImage')");
  await set(true);
  expect(await readFile(file, "utf8")).toContain('Exec="/home/a b/Carillon.AppImage" ');
  await set(false);
  await expect(readFile(file)).rejects.toThrow("ENOENT");
});

test("an app that the login item starts knows it", async () => {
  const started = `(${load("login-item.ts")}).startedHidden()`;
  expect(await fixture.main(started)).toBe(false);
  const hidden = await launchFixture(["--hidden"]);
  try {
    expect(await hidden.main(started)).toBe(true);
  } finally {
    await hidden.stop();
  }
});

test("links wait for their listener, wherever they come from", async () => {
  await fixture.main(`(async () => {
    const { receiveLinks } = ${load("links.ts")};
    fixture.links = [];
    process.argv.push("carillon:u/cold:hs");
    fixture.onLink = receiveLinks();
  })()`);
  const event = "{ preventDefault: () => fixture.links.push('taken') }";
  await fixture.main(`void electron.app.emit("open-url", ${event}, "matrix:u/mac:hs")`);
  await fixture.main(
    `void electron.app.emit("second-instance", {}, ["exe", "--x"], "/", { link: "carillon:u/second:hs" })`,
  );
  expect(await fixture.main("fixture.links")).toEqual(["taken"]);
  await fixture.main("void fixture.onLink((url) => fixture.links.push(url))");
  await fixture.main(`void electron.app.emit("open-url", ${event}, "https://example.org/")`);
  await fixture.main(`void electron.app.emit("second-instance", {}, ["exe", "matrix:r/a:hs"], "/", {})`);
  expect(await fixture.main("fixture.links")).toEqual([
    "taken",
    "carillon:u/cold:hs",
    "matrix:u/mac:hs",
    "carillon:u/second:hs",
    "taken",
    "matrix:r/a:hs",
  ]);
});

test("Carillon's links are claimed; Matrix's only where no other app has them", async () => {
  const claims = async () =>
    ((await asked("app.setAsDefaultProtocolClient")) as string[][]).map(([scheme]) => scheme);
  await fixture.main("void __host.linkApps.set('matrix', 'A chat app')");
  await fixture.main(`(${load("links.ts")}).claimLinks()`);
  expect(await claims()).toEqual(["carillon"]);
  await fixture.main("void __host.linkApps.delete('matrix')");
  await fixture.main(`(${load("links.ts")}).claimLinks()`);
  expect(await claims()).toEqual(["carillon", "carillon", "matrix"]);
});

/** The stand-in models what Electron has on each system; which one the app runs on is Node's to say. */
async function onWindows(does: () => Promise<void>): Promise<void> {
  await fixture.main("void Object.defineProperty(process, 'platform', { value: 'win32' })");
  await does();
  await fixture.main(`void Object.defineProperty(process, 'platform', { value: '${process.platform}' })`);
}

test("Windows learns who we are, and tells of clicks on an earlier run's notifications", () =>
  onWindows(async () => {
    await fixture.main(`(async () => {
      fixture.activated = [];
      (${load("identity.ts")}).identify((tag) => fixture.activated.push(tag));
    })()`);
    expect(await asked("app.setAppUserModelId")).toEqual([["im.carillon.Carillon"]]);
    expect(
      await fixture.main("__host.asked.find((one) => one.name === 'app.setToastActivatorCLSID').args[0]"),
    ).toMatch(/^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/);
    const activate = (given: string) =>
      fixture.main(
        `void __host.asked.find((one) => one.name === "Notification.handleActivation").args[0]({ type: "action", arguments: ${JSON.stringify(given)} })`,
      );
    await activate("type=action&action=0&tag=abc");
    await activate("");
    expect(await fixture.main("fixture.activated")).toEqual(["abc", null]);
  }));

test("Windows shows a call's toast, and rings and missed calls over the icon in the taskbar", () =>
  onWindows(async () => {
    await fixture.main("void (fixture.stop = fixture.ring('$toast', 'Bob'))");
    const [tag, xml] = (await fixture.main(
      "(({ id, toastXml }) => [id, toastXml])(__host.asked.findLast((one) => one.name === 'Notification.show').args[0])",
    )) as string[];
    expect(xml).toContain(`tag=${tag}"`);
    expect(
      await fixture.main(`[fixture.notifier.answers(${JSON.stringify(tag)}), fixture.notifier.answers("x")]`),
    ).toEqual([true, false]);
    await fixture.main("fixture.stop()");
    const answered = () => fixture.main(`fixture.notifier.answers(${JSON.stringify(tag)})`);
    expect(await answered()).toBe(false);
    await fixture.main("void (fixture.stop = fixture.ring('$toast', 'Bob'))");
    await user("press", "Bob", ", 'Decline'");
    await fixture.main("fixture.stop()");
    expect(await answered()).toBe(true);
    await show({ ringing: { id: "$r", name: "Bob", second: false } });
    await show({ missed: 1 });
    await show({ missed: 12 });
    await show({});
    expect(
      await fixture.main(
        "__host.asked.filter((one) => one.name === 'BrowserWindow.setOverlayIcon').map(({ args }) => [args[0]?.isEmpty() ?? null, args[1]])",
      ),
    ).toEqual([
      [false, "Carillon: Bob is calling"],
      [false, "Carillon: 1 missed call"],
      [false, "Carillon: 12 missed calls"],
      [null, ""],
    ]);
  }));

test("Windows starts the app at login with a switch that hides it", () =>
  onWindows(async () => {
    await fixture.main(`(${load("login-item.ts")}).electronLoginItem.set(true)`);
    expect(await asked("app.setLoginItemSettings")).toEqual([
      [expect.objectContaining({ openAtLogin: true, args: expect.arrayContaining(["--hidden"]) })],
    ]);
    const isOn = () => fixture.main(`(${load("login-item.ts")}).electronLoginItem.isOn()`);
    expect(await isOn()).toBe(true);
    await fixture.main("electron.app.setLoginItemSettings({ openAtLogin: false })");
    expect(await isOn()).toBe(false);
  }));
