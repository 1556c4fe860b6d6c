import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

let fixture: Fixture;
beforeAll(async () => void (fixture = await launchFixture()));
afterAll(() => fixture.stop());

const asked = (name: string) =>
  fixture.main(`__host.asked.filter((one) => one.name === ${JSON.stringify(name)}).map((one) => one.args)`);

test("what the app asks of the desktop can be read", async () => {
  await fixture.main("electron.shell.openExternal('https://example.org/')");
  expect(await asked("shell.openExternal")).toEqual([["https://example.org/"]]);
  await fixture.main("fixture.first.flashFrame(true)");
  expect(await asked("BrowserWindow.flashFrame")).toEqual([[true]]);
});

const notify = (options: object) =>
  fixture.main(`new Promise((told) => {
    const call = new electron.Notification(${JSON.stringify(options)});
    for (const event of ["show", "click", "close", "failed"]) call.on(event, () => fixture.events.push(event));
    call.on("action", ({ actionIndex }) => fixture.events.push("action " + actionIndex));
    call.on("close", ({ reason }) => fixture.events.push("closed by " + (reason ?? "the app or an answer")));
    // Electron tells later that it is shown, or refused.
    for (const event of ["show", "failed"]) call.once(event, () => told());
    call.show();
  })`);
const eventsAfter = async (expression: string) => {
  const before = await fixture.main("fixture.events.length");
  await fixture.main(expression);
  return fixture.main(`fixture.events.slice(${String(before)})`);
};

test("a test answers a notification as the user would", async () => {
  await notify({ title: "Bob calls", actions: [{ type: "button", text: "Answer" }] });
  expect(await fixture.main("__host.notifications.map((one) => one.title)")).toEqual(["Bob calls"]);
  expect(await eventsAfter("__host.notificationUser.press(__host.notifications[0], 'Answer')")).toEqual([
    "action 0",
    "close",
    "closed by the app or an answer",
  ]);
  expect(await fixture.main("__host.notifications.length")).toBe(0);

  await notify({ title: "Bob calls" });
  await expect(
    fixture.main("__host.notificationUser.press(__host.notifications[0], 'Answer')"),
  ).rejects.toThrow('has no button "Answer"');
  expect(await eventsAfter("__host.notificationUser.click(__host.notifications[0])")).toContain("click");

  await notify({ title: "Bob calls" });
  expect(await eventsAfter("__host.notificationUser.dismiss(__host.notifications[0])")).toEqual([
    "close",
    "closed by userCanceled",
  ]);
});

test("a notification that the app takes away is closed, and cannot be answered any more", async () => {
  await notify({ title: "Bob calls" });
  await fixture.main("void (fixture.taken = __host.notifications[0])");
  expect(await eventsAfter("fixture.taken.close()")).toContain("close");
  expect(await eventsAfter("fixture.taken.close()")).toEqual([]);
  await expect(fixture.main("__host.notificationUser.click(fixture.taken)")).rejects.toThrow(
    "not on the screen",
  );
});

test("a system that refuses notifications says why", async () => {
  await fixture.main("void (__host.notificationCentre.refuses = 'no bus')");
  await notify({ title: "Bob calls" });
  await eventually(() => fixture.events()).toContain("failed");
  expect(await fixture.main("__host.notifications.length")).toBe(0);
  await fixture.main("void (__host.notificationCentre.refuses = null)");
});

test("a scheme without an app has none until one claims it", async () => {
  const holder = () => fixture.main("electron.app.getApplicationNameForProtocol('carillon://')");
  expect(await holder()).toBe("");
  await fixture.main("electron.app.setAsDefaultProtocolClient('carillon')");
  expect(await holder()).toBe(await fixture.main("electron.app.getName()"));
});

test("there is a dock on macOS only", async () => {
  expect(await fixture.main("electron.app.dock === undefined")).toBe(process.platform !== "darwin");
});

test("a test chooses from the tray's menu", async () => {
  await fixture.main(`void (() => {
    const click = () => fixture.events.push("chose mute");
    const tray = new electron.Tray(electron.nativeImage.createEmpty());
    tray.setContextMenu(electron.Menu.buildFromTemplate([{ label: "More", submenu: [{ id: "mute", type: "checkbox", click }] }]));
  })()`);
  const item = "[...__host.trays.values()][0].menu.getMenuItemById('mute')";
  await fixture.main(`${item}.click()`);
  expect(await fixture.main(`${item}.checked`)).toBe(true);
  expect(await fixture.events()).toContain("chose mute");
});

test("a test fires sleep and wake, and sees what keeps the machine awake", async () => {
  await fixture.main("void electron.powerMonitor.on('resume', () => fixture.events.push('woke'))");
  await fixture.main("electron.powerMonitor.emit('resume')");
  expect(await fixture.events()).toContain("woke");
  const id = await fixture.main("electron.powerSaveBlocker.start('prevent-display-sleep')");
  expect(await fixture.main("[...__host.powerBlockers.values()]")).toEqual(["prevent-display-sleep"]);
  await fixture.main(`electron.powerSaveBlocker.stop(${String(id)})`);
  expect(await fixture.main("[...__host.powerBlockers.values()]")).toEqual([]);
});

test("secrets come back as they were, are not readable as they lie, and say that they lie unprotected", async () => {
  const sealed = "await electron.safeStorage.encryptStringAsync('s3cret ✓')";
  expect(await fixture.main(`await electron.safeStorage.decryptStringAsync(${sealed})`)).toEqual({
    result: "s3cret ✓",
    shouldReEncrypt: false,
  });
  expect(await fixture.main(`(${sealed}).includes("s3cret")`)).toBe(false);
  await expect(
    fixture.main("electron.safeStorage.decryptString(Buffer.from('v10 of another key'))"),
  ).rejects.toThrow("Error while decrypting the ciphertext");
  expect(await fixture.main("electron.safeStorage.getSelectedStorageBackend()")).toBe("basic_text");
});

test("a box is answered by the next of the test's answers, else by its default", async () => {
  await fixture.main("void __host.dialogAnswers.push(1)");
  const box =
    "(await electron.dialog.showMessageBox({ message: 'Leave?', buttons: ['Stay', 'Leave'], defaultId: 0 })).response";
  expect([await fixture.main(box), await fixture.main(box)]).toEqual([1, 0]);
});

test("the app fetches its own files, and learns whether there is a network", async () => {
  const file = `require("node:url").pathToFileURL(electron.app.getAppPath() + "/package.json").href`;
  expect(await fixture.main(`(await (await electron.net.fetch(${file})).json()).name`)).toBe("fixture");
  await fixture.main("__host.network.online = false");
  expect(await fixture.main("electron.net.isOnline()")).toBe(false);
});
