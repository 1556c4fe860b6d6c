import { readdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { startStack, type Stack } from "../../stack/stack.ts";
import { startHttpProxy, type HttpProxy, type Instead } from "../../support/http-proxy.ts";
import { freshName, makeRoom, signUp, type Person } from "../../support/people.ts";
import { signInParts } from "../../support/signed-in.ts";

let stack: Stack;
let proxy: HttpProxy;
let alice: Person;
const open: Awaited<ReturnType<typeof signInParts>>[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());
beforeEach(async () => {
  proxy = await startHttpProxy(stack.homeserver.url);
  alice = await signUp(stack.homeserver, freshName("alice"));
});
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
  await proxy.close();
});

async function start(folder?: string) {
  const main = await signInParts(folder === undefined ? {} : { folder });
  open.push(main);
  return main;
}
type Main = Awaited<ReturnType<typeof start>>;

const login = (main: Main) => main.signIn.login(proxy.url, alice.name, alice.password);
const state = (main: Main) => main.store.state.session;
const isLive = (main: Main) => vi.waitFor(() => expect(state(main)).toMatchObject({ sync: "live" }), 60_000);
const isSignedOut = (main: Main) =>
  vi.waitFor(
    () =>
      expect(state(main)).toEqual({
        phase: "signed-out",
        reason: "signed-out-elsewhere",
        again: { user: alice.userId, homeserver: proxy.url },
      }),
    60_000,
  );

/** What tells one device from another, for everybody else. */
async function identity({ signIn }: Main) {
  const { client, session } = signIn.required;
  return { device: session.device, keys: await client.getCrypto()?.getOwnDeviceKeys() };
}

const stores = (main: Main) => readdirSync(join(main.folder, "accounts"));

/** The server takes the token no more, and says that the device and its keys are still good. */
function endSoftly(): void {
  proxy.instead = (_method, { pathname }) =>
    pathname.includes("/client/") && !pathname.endsWith("/versions") && !pathname.endsWith("/login")
      ? { status: 401, body: { errcode: "M_UNKNOWN_TOKEN", error: "gone", soft_logout: true } }
      : undefined;
}
const goOn = () => (proxy.instead = () => undefined);

const initialSyncs = (from: number) =>
  proxy.asked
    .slice(from)
    .filter(({ url }) => url.pathname.endsWith("/sync") && !url.searchParams.has("since"));

test("a soft logout asks to sign in again, and then the same device goes on with all that it has", async () => {
  const main = await start();
  await login(main);
  await isLive(main);
  const bob = await signUp(stack.homeserver, freshName("bob"));
  const room = await makeRoom(alice, [bob], { name: "Garden party" });
  await vi.waitFor(() => expect(main.signIn.required.client.getRoom(room)).not.toBeNull(), 60_000);
  const [before, kept] = [await identity(main), stores(main)];

  endSoftly();
  await isSignedOut(main);
  expect(stores(main)).toEqual(kept);

  goOn();
  const asked = proxy.asked.length;
  await login(main);
  await isLive(main);
  expect(await identity(main)).toEqual(before);
  expect(stores(main)).toEqual(kept);
  expect(main.signIn.required.client.getRoom(room)?.name).toBe("Garden party");
  expect(initialSyncs(asked)).toEqual([]);
});

test("it is the same when the app was not running, and over a restart in between", async () => {
  const first = await start();
  await login(first);
  await isLive(first);
  const before = await identity(first);
  await first.quit();
  open.splice(0);

  endSoftly();
  for (let run = 0; run < 2; run++) {
    const main = await start(first.folder);
    await main.signIn.restore();
    await isSignedOut(main);
    expect(main.signIn.account).toBeNull();
    await main.quit();
    open.splice(0);
  }

  goOn();
  const main = await start(first.folder);
  endSoftly();
  await main.signIn.restore();
  await isSignedOut(main);
  goOn();
  const asked = proxy.asked.length;
  await login(main);
  await isLive(main);
  expect(await identity(main)).toEqual(before);
  expect(initialSyncs(asked)).toEqual([]);
});

test("a session that ends before its first sync leads back to the sign-in, and the next login works", async () => {
  const main = await start();
  proxy.instead = (_method, { pathname }) =>
    pathname.endsWith("/pushrules/") || pathname.endsWith("/sync")
      ? { status: 401, body: { errcode: "M_UNKNOWN_TOKEN", error: "gone", soft_logout: true } }
      : undefined;
  await login(main);
  await isSignedOut(main);
  goOn();
  await login(main);
  await isLive(main);
});

test("one that ends for good before its first sync does too, and starts afresh", async () => {
  const main = await start();
  proxy.instead = (_method, { pathname }) =>
    pathname.endsWith("/pushrules/")
      ? { status: 401, body: { errcode: "M_UNKNOWN_TOKEN", error: "gone" } }
      : undefined;
  await login(main);
  expect(state(main)).toEqual({ phase: "signed-out", reason: "signed-out-elsewhere", again: null });
  goOn();
  await login(main);
  await isLive(main);
  expect(stores(main)).toHaveLength(1);
});

test("somebody else may sign in instead, with a device and a store of their own", async () => {
  const main = await start();
  await login(main);
  await isLive(main);
  const before = await identity(main);
  endSoftly();
  await isSignedOut(main);
  goOn();
  const bob = await signUp(stack.homeserver, freshName("bob"));
  await main.signIn.login(proxy.url, bob.name, bob.password);
  await isLive(main);
  expect(state(main)).toMatchObject({ user: bob.userId });
  expect((await identity(main)).keys).not.toEqual(before.keys);
});

test("an account that ends while the SDK looks for a key backup leaves nothing unhandled, and the next login works", async () => {
  const unhandled: unknown[] = [];
  const heard = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", heard);
  onTestFinished(() => void process.off("unhandledRejection", heard));
  const main = await start();
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<Instead>()];
  proxy.instead = (_method, { pathname }) => {
    if (!pathname.endsWith("/room_keys/version")) return undefined;
    asked.resolve();
    return answer.promise;
  };
  await login(main);
  await asked.promise;
  await main.signIn.logout();
  answer.resolve({ status: 404, body: { errcode: "M_NOT_FOUND", error: "no backup" } });
  goOn();
  await login(main);
  await isLive(main);
  expect(unhandled).toEqual([]);
});

test.each(["alice", "bob"])("what an account that is gone hears late does not sign %s out", async (name) => {
  const main = await start();
  await login(main);
  await isLive(main);
  const { client: gone } = main.signIn.required;
  await main.signIn.logout();
  const next = name === "alice" ? alice : await signUp(stack.homeserver, freshName(name));
  await main.signIn.login(proxy.url, next.name, next.password);
  await isLive(main);

  await expect(gone.whoami()).rejects.toMatchObject({ errcode: "M_UNKNOWN_TOKEN" });
  expect(main.signIn.account?.session.user).toBe(next.userId);
  expect(state(main)).toMatchObject({ phase: "signed-in", user: next.userId });
});
