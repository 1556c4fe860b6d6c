import { afterAll, beforeAll, expect, test } from "vitest";

import { launchFixture, type Fixture } from "./fixtures/launch.ts";

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

test("a test answers a notification as the user would", async () => {
  await fixture.main(`void (() => {
    const call = new electron.Notification({ title: "Bob calls", actions: [{ type: "button", text: "Answer" }] });
    call.on("action", (_event, index) => fixture.events.push("action " + index));
    call.show();
  })()`);
  expect(await fixture.main("__host.notifications.map((one) => one.title)")).toEqual(["Bob calls"]);
  await fixture.main("__host.notifications[0].emit('action', {}, 0)");
  expect(await fixture.events()).toContain("action 0");
  await fixture.main("__host.notifications[0].close()");
  expect(await fixture.main("__host.notifications.length")).toBe(0);
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
