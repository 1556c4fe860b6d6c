import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import { startStack, type Stack } from "../../stack/stack.ts";
import { freshName, signUp } from "../../support/people.ts";
import { signInParts } from "../../support/signed-in.ts";

/** Bytes of a page of SQLite. */
const PAGE = 4096;

let stack: Stack;
const open: Awaited<ReturnType<typeof signInParts>>[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

async function start(folder?: string) {
  const main = await signInParts(folder === undefined ? {} : { folder });
  open.push(main);
  return main;
}

/** The profile of somebody who was signed in and quit. */
async function profile() {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  await vi.waitFor(() => expect(main.store.state.session).toMatchObject({ sync: "live" }), 60_000);
  const { device } = main.signIn.required.session;
  await main.quit();
  open.splice(0);
  const accounts = join(main.folder, "accounts");
  const [account = ""] = readdirSync(accounts);
  return { alice, device, folder: main.folder, file: join(accounts, account, "store.db") };
}

async function isSaidToBeDamaged(folder: string): Promise<void> {
  const main = await start(folder);
  await main.signIn.restore();
  expect(main.store.state.session).toEqual({ phase: "signed-out", reason: "store-corrupt", again: null });
  await main.quit();
  open.splice(0);
}

async function signsInAfresh({ folder, alice, device }: Awaited<ReturnType<typeof profile>>) {
  const main = await start(folder);
  await main.signIn.restore();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  await vi.waitFor(() => expect(main.store.state.session).toMatchObject({ sync: "live" }), 60_000);
  expect(main.signIn.required.session.device).not.toBe(device);
  return main;
}

/** Whose store was damaged and kept has it until they say that everything may go. */
async function signsOut(main: Awaited<ReturnType<typeof start>>): Promise<void> {
  const accounts = join(main.folder, "accounts");
  expect(readdirSync(accounts)).toHaveLength(2);
  await main.signIn.logout();
  expect(readdirSync(accounts)).toEqual([]);
}

test.each<[string, (good: Buffer) => Buffer]>([
  ["is not a database", () => Buffer.from("this was a database once\n".repeat(1000))],
  ["lost its beginning", (good) => Buffer.concat([Buffer.alloc(512), good.subarray(512)])],
  ["was cut off", (good) => good.subarray(0, good.length / 2)],
  [
    "holds garbage after its beginning",
    (good) => Buffer.concat([good.subarray(0, PAGE), Buffer.alloc(good.length - PAGE, 0xa5)]),
  ],
])("a store that %s is said so and left as it is, and a new login works", async (_what, damage) => {
  const before = await profile();
  const damaged = damage(readFileSync(before.file));
  writeFileSync(before.file, damaged);
  // A second start finds it as the first did.
  for (let run = 0; run < 2; run++) {
    await isSaidToBeDamaged(before.folder);
    expect(readFileSync(before.file).equals(damaged)).toBe(true);
  }
  const main = await signsInAfresh(before);
  expect(readFileSync(before.file).equals(damaged)).toBe(true);
  await signsOut(main);
});

test("damage that only shows while the account opens is said so too", async () => {
  const before = await profile();
  const good = readFileSync(before.file);
  writeFileSync(before.file, good.fill(0xa5, PAGE * Math.floor(good.length / PAGE / 2), good.length - PAGE));
  await isSaidToBeDamaged(before.folder);
  const main = await signsInAfresh(before);
  expect(existsSync(before.file)).toBe(true);
  await signsOut(main);
});

test("a store that is put back whole is one like any other", async () => {
  const before = await profile();
  const good = readFileSync(before.file);
  writeFileSync(before.file, "this was a database once");
  await isSaidToBeDamaged(before.folder);
  writeFileSync(before.file, good);
  const main = await start(before.folder);
  await main.signIn.restore();
  expect(main.signIn.required.session.device).toBe(before.device);
  const [account = ""] = readdirSync(join(before.folder, "accounts"));
  expect(readdirSync(join(before.folder, "accounts", account))).not.toContain("damaged");
});
