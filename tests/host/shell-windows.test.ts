// The app's windows, from their source, over the stand-in. Their pages are empty: nothing serves them here.
import { join, resolve } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

const shell = resolve(import.meta.dirname, "../../electron/shell");
const load = (file: string) => `await fixture.load(${JSON.stringify(join(shell, file))})`;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await launchFixture();
  await fixture.main(`(async () => {
    const { WindowRegistry } = ${load("ipc.ts")};
    const { ElectronWindows } = ${load("windows.ts")};
    fixture.windows = new ElectronWindows(new WindowRegistry(), () => {}, { error: console.error });
    fixture.gone = [];
    fixture.windows.onGone((role) => fixture.gone.push(role));
    fixture.windows.onHomeClose(() => fixture.homeClose);
  })()`);
});
afterAll(() => fixture.stop());

const window = (role: string) => `fixture.windows.of(${JSON.stringify(role)})`;
const loaded = (role: string) =>
  eventually(() =>
    fixture.main(`!${window(role)}.webContents.isLoading() && ${window(role)}.webContents.getURL()`),
  ).toBe(`app://carillon/${role}/index.html`);
const visible = (role: string) => fixture.main(`${window(role)}?.isVisible() ?? false`);

test("a window that was prepared is loaded unseen, and shown at once with the focus", async () => {
  await fixture.main("fixture.windows.prepare('call')");
  await fixture.main("fixture.windows.prepare('call')");
  await loaded("call");
  expect(await visible("call")).toBe(false);
  expect(await fixture.main("fixture.first.isFocused()")).toBe(true);
  await eventually(async () => {
    await fixture.main("fixture.windows.show('call')");
    return visible("call");
  }).toBe(true);
  expect(await fixture.main(`${window("call")}.isFocused()`)).toBe(true);
  expect(await fixture.main("electron.BrowserWindow.getAllWindows().length")).toBe(2);
  await fixture.main("fixture.windows.close('call')");
  await eventually(() => fixture.main("electron.BrowserWindow.getAllWindows().length")).toBe(1);
  expect(await fixture.main("fixture.gone")).toEqual([]);
});

test("the ring window comes up without the focus, on top, at the corner of the screen", async () => {
  await fixture.main("fixture.first.focus()");
  await fixture.main("fixture.windows.show('ring')");
  await eventually(() => visible("ring")).toBe(true);
  expect(await fixture.main("fixture.first.isFocused()")).toBe(true);
  const { x, y, width, height } = (await fixture.main(`${window("ring")}.getBounds()`)) as Record<
    string,
    number
  >;
  expect({ x, y, width, height }).toEqual({ x: 1280 - 380 - 16, y: 16, width: 380, height: 216 });
  expect(
    await fixture.main(
      `__host.asked.filter((one) => one.window === ${window("ring")}.id && one.name.startsWith("BrowserWindow.")).map((one) => [one.name, ...one.args])`,
    ),
  ).toEqual([
    ["BrowserWindow.setAlwaysOnTop", true, "screen-saver"],
    [
      "BrowserWindow.setVisibleOnAllWorkspaces",
      true,
      { visibleOnFullScreen: true, skipTransformProcessType: true },
    ],
    ["BrowserWindow.showInactive"],
    ["BrowserWindow.moveTop"],
  ]);
});

test("while another application is typed in, a ring takes the focus from nobody", async () => {
  await fixture.main("fixture.windows.close('ring')");
  await fixture.main("fixture.first.blur()");
  await fixture.main("fixture.windows.prepare('ring')");
  await fixture.main("fixture.windows.show('ring')");
  await eventually(() => visible("ring")).toBe(true);
  expect(await fixture.main("electron.BrowserWindow.getFocusedWindow()")).toBe(null);
});

test("closing the ring window hides it while it goes on to ring; its end takes it away", async () => {
  await fixture.main(`${window("ring")}.close()`);
  expect(await fixture.main(`[${window("ring")}.isDestroyed(), ${window("ring")}.isVisible()]`)).toEqual([
    false,
    false,
  ]);
  await fixture.main("fixture.windows.show('ring')");
  expect(await visible("ring")).toBe(true);
  await fixture.main("fixture.windows.close('ring')");
  expect(await fixture.main(`${window("ring")}`)).toBe(null);
  expect(await fixture.main("fixture.gone")).toEqual([]);
});

test("a ring window whose renderer is killed is loaded again, and rings on; another one is not", async () => {
  const load = async (role: string) => {
    await fixture.main(`fixture.windows.prepare('${role}')`);
    await loaded(role);
    await fixture.page("void (window.marked = true)", window(role));
  };
  const end = (role: string, reason: string) =>
    fixture.main(
      `void ${window(role)}.webContents.emit("render-process-gone", {}, { reason: "${reason}", exitCode: 9 })`,
    );
  const isAsItWas = (role: string) => fixture.page("window.marked ?? false", window(role));
  await load("ring");
  await end("ring", "clean-exit");
  expect(await isAsItWas("ring")).toBe(true);
  await end("ring", "killed");
  await eventually(() => isAsItWas("ring")).toBe(false);
  await fixture.main("fixture.windows.close('ring')");
  await load("call");
  await end("call", "killed");
  expect(await isAsItWas("call")).toBe(true);
  await end("call", "crashed");
  await eventually(() => isAsItWas("call")).toBe(false);
  await fixture.main("fixture.windows.close('call')");
});

test("a window that is asked for is told of, each time; the taskbar's attention goes to home, not to what is unseen", async () => {
  await fixture.main(
    "void (fixture.shown = [], fixture.windows.onShown((role) => fixture.shown.push(role)))",
  );
  const attending = () =>
    fixture.main(
      `["home", "call", "ring"].find((role) => fixture.windows.attending && fixture.windows.of(role) === fixture.windows.attending) ?? null`,
    );
  await fixture.main("fixture.windows.prepare('call')");
  await loaded("call");
  expect(await attending()).toBe(null);
  await fixture.main("fixture.windows.show('ring')");
  await eventually(() => visible("ring")).toBe(true);
  expect(await attending()).toBe("ring");
  await fixture.main("fixture.windows.show('home')");
  await eventually(() => visible("home")).toBe(true);
  expect(await attending()).toBe("home");
  await fixture.main(`${window("home")}.minimize()`);
  expect(await attending()).toBe("home");
  await fixture.main("fixture.windows.show('home')");
  expect(await fixture.main("fixture.shown")).toEqual(["ring", "home", "home"]);
  for (const role of ["ring", "call", "home"]) await fixture.main(`fixture.windows.close('${role}')`);
});

test("on Wayland the ring window sounds unseen, unless there are no notifications", async () => {
  await fixture.main("void (process.env.XDG_SESSION_TYPE = 'wayland')");
  await fixture.main("fixture.windows.show('ring')");
  await loaded("ring");
  await fixture.main("fixture.windows.show('ring')");
  expect(await visible("ring")).toBe(false);
  await fixture.main("void (__host.notificationCentre.supported = false)");
  await fixture.main("fixture.windows.show('ring')");
  await eventually(() => visible("ring")).toBe(true);
  await fixture.main(
    "void (delete process.env.XDG_SESSION_TYPE, __host.notificationCentre.supported = true)",
  );
  await fixture.main("fixture.windows.close('ring')");
});

test("the home window closes, is minimized, or ends the app, as it was decided", async () => {
  const open = async () => {
    await fixture.main("fixture.windows.show('home')");
    await eventually(() => visible("home")).toBe(true);
  };
  await open();
  await fixture.main("void (fixture.homeClose = 'minimize')");
  await fixture.main(`${window("home")}.close()`);
  expect(await fixture.main(`${window("home")}.isMinimized()`)).toBe(true);
  await open();
  await fixture.main(`${window("home")}.setFullScreen(true)`);
  await fixture.main(`${window("home")}.close()`);
  expect(await fixture.main(`[${window("home")}.isFullScreen(), ${window("home")}.isMinimized()]`)).toEqual([
    false,
    true,
  ]);
  await open();
  await fixture.main("void (fixture.homeClose = 'close')");
  await fixture.main(`${window("home")}.close()`);
  expect(await fixture.main(`[${window("home")}, fixture.gone]`)).toEqual([null, ["home"]]);
});

test("the app lives on without windows, and a window opens again", async () => {
  await fixture.main("fixture.first.destroy()");
  await eventually(() => fixture.events()).toContain("window-all-closed");
  await fixture.main("fixture.windows.show('home')");
  await eventually(() => visible("home")).toBe(true);
});

test("quitting closes the home window whatever was decided, and the ring window too", async () => {
  await fixture.main("void (fixture.homeClose = 'minimize')");
  await fixture.main("fixture.windows.show('ring')");
  await eventually(() => visible("ring")).toBe(true);
  await fixture.main("electron.app.quit()");
  expect(await fixture.ended()).toBe(0);
});
