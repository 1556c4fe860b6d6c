import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { electronBinary } from "../../build/electron-binary.ts";
import type { App } from "../support/app.ts";
import { expect, test } from "./fixtures.ts";

const root = join(import.meta.dirname, "../..");

const isSignedIn = (home: Page) =>
  expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();

test("a second start on the same data shows the first one's home window and ends", async ({ caller }) => {
  const { app, home } = await caller("alice");
  await isSignedIn(home);
  const window = await app.electron.browserWindow(home);
  await window.evaluate((window) => window.minimize());
  await expect.poll(() => window.evaluate((window) => window.isMinimized())).toBe(true);

  const switches = process.platform === "linux" ? ["--no-sandbox"] : [];
  const second = spawn(electronBinary().path, [...switches, root, `--user-data-dir=${app.profile}`]);
  expect(await once(second, "exit")).toEqual([0, null]);

  await expect.poll(() => window.evaluate((window) => window.isMinimized())).toBe(false);
  expect(await window.evaluate((window) => window.isVisible())).toBe(true);
  expect(app.electron.windows()).toHaveLength(1);
  await isSignedIn(home);
});

test("an account that another process has open is said so, and is as it was afterwards", async ({
  caller,
  launch,
}) => {
  const { person, app, home } = await caller("alice");
  await isSignedIn(home);
  await app.close();

  const holder = fork(join(root, "tests/unit/matrix/store/hold-store.ts"), [accountFile(app)], {
    execArgv: [],
    env: {},
  });
  await once(holder, "message");
  const locked = await launch({ profile: app.profile });
  await expect((await locked.window("home")).getByText("Carillon is already running")).toBeVisible();
  await locked.close();
  holder.kill("SIGKILL");
  await once(holder, "exit");

  const again = await launch({ profile: app.profile });
  await isSignedIn(await again.window("home"));
  const { devices } = await person.request<{ devices: unknown[] }>("GET", "/v3/devices");
  // That of the person's own requests, and one that the app kept all the time.
  expect(devices).toHaveLength(2);
});

test("a damaged database of the app is set aside as it is, and told, and the app starts afresh", async ({
  caller,
  launch,
  stack,
}) => {
  const { person, app, home } = await caller("alice");
  await isSignedIn(home);
  await app.close();
  const damaged = Buffer.from("this was a database once\n".repeat(1000));
  writeFileSync(join(app.profile, "carillon.db"), damaged);
  // SQLite would mend it out of this.
  rmSync(join(app.profile, "carillon.db-wal"), { force: true });

  const again = await launch({ profile: app.profile });
  await expect((await again.window("home")).getByLabel("Homeserver")).toBeVisible();
  const aside = readdirSync(app.profile).filter((name) => /^carillon\.db\.damaged-[^.]*Z$/.test(name));
  expect(aside).toHaveLength(1);
  expect(readFileSync(join(app.profile, aside[0] ?? "")).equals(damaged)).toBe(true);
  expect(await again.log()).toContain("damaged");
  expect(await boxes(again)).toEqual([expect.stringContaining("damaged")]);

  await isSignedIn(await again.signIn(stack.homeserver.url, person.name, person.password));
});

function accountFile(app: App): string {
  const accounts = join(app.profile, "accounts");
  return join(accounts, readdirSync(accounts)[0] ?? "", "store.db");
}

declare const __host: {
  readonly asked: readonly { readonly name: string; readonly args: readonly [unknown] }[];
};

/** What the system's own message boxes said; only the stand-in can tell. */
async function boxes(app: App): Promise<unknown[]> {
  if (!electronBinary().standIn) return [expect.stringContaining("damaged")];
  return app.electron.evaluate(() =>
    __host.asked
      .filter(({ name }) => name === "dialog.showMessageBox")
      .map(({ args: [options] }) => (options as { message: string }).message),
  );
}
