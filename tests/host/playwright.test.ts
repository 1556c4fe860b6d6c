import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { _electron } from "@playwright/test";
import { expect, onTestFinished, test } from "vitest";

import { executable, fixtureApp } from "./fixtures/launch.ts";

test("Playwright drives the stand-in as it drives Electron", async () => {
  // Playwright asks npm's electron for the binary, which looks here.
  process.env["ELECTRON_OVERRIDE_DIST_PATH"] = dirname(executable);
  const folder = await mkdtemp(join(tmpdir(), "carillon-host-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const app = await _electron.launch({ args: [".", `--user-data-dir=${folder}`], cwd: fixtureApp });

  const page = await app.firstWindow();
  await page.waitForSelector("body[data-script=ran]");
  expect(await page.textContent("h1")).toBe("Fixture");
  expect(new URL(page.url()).pathname).toBe("/index.html");
  expect(await app.evaluate(({ app }) => [app.getName(), app.getVersion()])).toEqual(["Fixture", "1.2.3"]);
  const window = await app.browserWindow(page);
  expect(await window.evaluate((one) => one.isVisible())).toBe(true);

  const opened = app.waitForEvent("window");
  // The fixture puts its state there.
  await app.evaluate(() => void Reflect.get(globalThis, "fixture").open());
  const second = await opened;
  await second.waitForSelector("h1");
  await second.close();
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);

  const child = app.process();
  await app.close();
  expect(child.exitCode).toBe(0);
});
