import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import { startStack, type Stack } from "../../stack/stack.ts";
import { startHttpProxy } from "../../support/http-proxy.ts";
import { signInParts } from "../../support/signed-in.ts";

let stack: Stack;
const open: Awaited<ReturnType<typeof signInParts>>[] = [];
beforeAll(async () => {
  stack = await startStack({ ssoUser: "carol" });
});
afterAll(() => stack?.stop());
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

/** A browser follows every redirect and shows the last page. */
const browse = async (url: string) => (await fetch(url)).text();

async function start(openExternal?: (url: string) => Promise<void>) {
  const main = await signInParts(openExternal && { openExternal });
  open.push(main);
  await main.signIn.restore();
  return main;
}
type Main = Awaited<ReturnType<typeof start>>;

/** Where the homeserver is to send the browser. */
async function redirect(main: Main): Promise<URL> {
  await vi.waitFor(() => expect(main.opened).toHaveLength(1));
  return new URL(new URL(main.opened[0] ?? "").searchParams.get("redirectUrl") ?? "");
}

const signedOut = { phase: "signed-out", reason: null, again: null };

test("whoever goes through the browser is signed in, and the browser says so", async () => {
  const pages: string[] = [];
  const main = await start(async (url) => void pages.push(await browse(url)));
  await main.signIn.singleSignOn(stack.homeserver.url);
  expect(main.store.state.session).toMatchObject({
    phase: "signed-in",
    user: `@carol:${stack.homeserver.serverName}`,
  });
  expect(pages.join()).toContain("You are signed in to Carillon");
  expect(main.lines.join("")).not.toMatch(/loginToken=(?!…)/);
});

test("a wrong path, no token and a foreign program's guess are answered 404 and change nothing", async () => {
  const main = await start();
  const signingIn = main.signIn.singleSignOn(stack.homeserver.url);
  const right = await redirect(main);
  const token = "loginToken=syl_stolen";
  for (const wrong of ["/", `/?${token}`, `${right.pathname}x?${token}`, `${right.pathname}/?${token}`]) {
    expect((await fetch(new URL(wrong, right))).status).toBe(404);
  }
  expect((await fetch(right)).status).toBe(404);
  expect(main.store.state.session.phase).toBe("signing-in");

  await browse(main.opened[0] ?? "");
  await signingIn;
  expect(main.store.state.session.phase).toBe("signed-in");
});

test("a token that the homeserver does not take is no wrong password, and leads back", async () => {
  const main = await start();
  const failing = expect(main.signIn.singleSignOn(stack.homeserver.url)).rejects.toMatchObject({
    code: "login-failed",
  });
  const right = await redirect(main);
  right.searchParams.set("loginToken", "syl_not_of_this_server");
  await browse(right.href);
  await failing;
  expect(main.store.state.session).toEqual(signedOut);
});

test.each([
  ["nobody comes back", () => Promise.resolve()],
  ["the browser does not even open", () => new Promise<never>(() => {})],
])("where %s, it can be cancelled, and nobody listens any more", async (_what, openExternal) => {
  const main = await start(openExternal);
  const cancelled = expect(main.signIn.singleSignOn(stack.homeserver.url)).rejects.toMatchObject({
    code: "login-cancelled",
  });
  const right = await redirect(main);
  expect(main.store.state.session.phase).toBe("signing-in");
  main.signIn.cancelSingleSignOn();
  await cancelled;
  expect(main.store.state.session).toEqual(signedOut);
  await expect(fetch(right)).rejects.toThrow();
});

test("a second attempt takes the place of the first, and can be cancelled too", async () => {
  const main = await start();
  const first = expect(main.signIn.singleSignOn(stack.homeserver.url)).rejects.toMatchObject({
    code: "login-cancelled",
  });
  const second = expect(main.signIn.singleSignOn(stack.homeserver.url)).rejects.toMatchObject({
    code: "login-cancelled",
  });
  await first;
  expect(main.store.state.session.phase).toBe("signing-in");
  main.signIn.cancelSingleSignOn();
  await second;
  expect(main.store.state.session).toEqual(signedOut);
});

test("a browser that cannot be opened is said so at once", async () => {
  const main = await start(() => Promise.reject(new Error("no browser")));
  await expect(main.signIn.singleSignOn(stack.homeserver.url)).rejects.toThrow();
  expect(main.store.state.session).toEqual(signedOut);
});

test("a cancel that comes while the server is asked does not leave a session half open", async () => {
  const proxy = await startHttpProxy(stack.homeserver.url);
  const main = await start(async (url) => void (await browse(url)));
  proxy.instead = (method, url) => {
    if (method === "POST" && url.pathname.endsWith("/login")) main.signIn.cancelSingleSignOn();
    return undefined;
  };
  const outcome = await main.signIn.singleSignOn(proxy.url).then(
    () => "signed-in",
    () => "signed-out",
  );
  expect(main.store.state.session.phase).toBe(outcome);
  await main.signIn.close();
  await proxy.close();
});
