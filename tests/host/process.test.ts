import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";

import { expect, onTestFinished, test } from "vitest";

import { eventually, executable, fixtureApp, launchFixture, type Fixture } from "./fixtures/launch.ts";

async function launch(): Promise<Fixture> {
  const fixture = await launchFixture();
  onTestFinished(() => fixture.stop());
  return fixture;
}

/** Processes that name this user-data folder: the app's own and all of its Chromium's. */
function processesOf(folder: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }))
    .filter(({ command }) => command.includes(folder));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It ended while we looked.
    return "";
  }
}

test("a second instance hands its arguments to the first and ends", async () => {
  const fixture = await launch();
  const second = spawn(executable, [fixtureApp, `--user-data-dir=${fixture.userData}`, "carillon:join"]);
  expect(await once(second, "exit")).toEqual([0, null]);
  await eventually(() => fixture.events()).toContain("second-instance carillon:join");
});

test("the lock of an instance that was killed does not keep the next one out", async () => {
  const first = await launchFixture();
  process.kill(first.pid, "SIGKILL");
  await first.ended();
  const next = await launchFixture([], first.userData);
  onTestFinished(() => next.stop());
  expect(await next.main("electron.app.hasSingleInstanceLock()")).toBe(true);
});

test("killing the stand-in leaves no process behind", async () => {
  const fixture = await launchFixture();
  onTestFinished(() => rm(fixture.userData, { recursive: true, force: true }));
  expect(processesOf(fixture.userData).length).toBeGreaterThan(2);
  process.kill(fixture.pid, "SIGKILL");
  await fixture.ended();
  await eventually(() => processesOf(fixture.userData)).toEqual([]);
});

test("a signal to end quits in order: before-quit, then the windows, then all is gone", async () => {
  const fixture = await launch();
  await fixture.main(
    "electron.app.on('quit', () => process.stderr.write(fixture.events.slice(-2).join() + '\\n'))",
  );
  process.kill(fixture.pid, "SIGTERM");
  expect(await fixture.ended()).toBe(0);
  expect(fixture.stderr()).toContain("before-quit,close 1");
  expect(processesOf(fixture.userData)).toEqual([]);
});

test("the app ends when Chromium does", async () => {
  const fixture = await launch();
  // Its other processes have a type.
  const browser = processesOf(fixture.userData).find(
    ({ pid, command }) => pid !== fixture.pid && !command.includes("--type="),
  );
  process.kill(Number(browser?.pid), "SIGKILL");
  expect(await fixture.ended()).toBe(1);
});

test("what the stand-in does not model throws and says so", async () => {
  const fixture = await launch();
  for (const [expression, name] of [
    ["electron.app.setUserTasks([])", "App.setUserTasks"],
    ["fixture.first.setKiosk(true)", "BrowserWindow.setKiosk"],
    ["fixture.first.webContents.print()", "WebContents.print"],
    ["electron.session.defaultSession.cookies", "Session.cookies"],
    ["electron.safeStorage.nothing", "safeStorage.nothing"],
  ] as const) {
    await expect(fixture.main(expression)).rejects.toThrow(`${name} is not modelled`);
  }
  await fixture.page("1");
});

test("quitting while a window still opens is a clean end", async () => {
  const fixture = await launch();
  await fixture.main("void (new electron.BrowserWindow(), electron.app.quit())");
  expect(await fixture.ended()).toBe(0);
});
