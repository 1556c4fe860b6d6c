import { ConnectionError } from "matrix-js-sdk";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

import type { OAuthProvider } from "../../stack/oauth-provider.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { SOON } from "../../support/main-processes.ts";
import { matrixRequest } from "../../support/matrix-request.ts";
import { signInParts } from "../../support/signed-in.ts";

let stack: Stack;
let provider: OAuthProvider;
const open: Awaited<ReturnType<typeof signInParts>>[] = [];
beforeAll(async () => {
  // Seconds: tokens end all the time.
  stack = await startStack({ oauthUser: { name: "dora", tokenLife: 3 } });
  if (!stack.oauth) throw new Error("no authorization server");
  provider = stack.oauth;
});
afterAll(() => stack?.stop());
beforeEach(() => {
  provider.refuses = false;
  provider.trouble = null;
});
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

/** A browser with cookies, as the authorization server needs; it follows every redirect and shows the last page. */
async function browse(first: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = first;
  for (;;) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    const next = response.headers.get("location");
    if (next === null) return response.text();
    url = new URL(next, url).href;
  }
}

async function start(folder?: string, fetch = globalThis.fetch) {
  const pages: string[] = [];
  const main = await signInParts({
    ...(folder && { folder }),
    fetch,
    openExternal: async (url) => void pages.push(await browse(url)),
  });
  open.push(main);
  await main.signIn.restore();
  return { ...main, pages };
}

const phaseOf = (main: Awaited<ReturnType<typeof start>>) => main.store.state.session.phase;

async function syncs(main: Awaited<ReturnType<typeof start>>): Promise<void> {
  const { client } = main.signIn.required;
  const { room_id: room } = await client.createRoom({});
  await vi.waitFor(() => expect(client.getRoom(room)).not.toBeNull(), SOON);
}

async function renewed(main: Awaited<ReturnType<typeof start>>): Promise<void> {
  const before = provider.renewals;
  await vi.waitFor(async () => {
    await main.signIn.required.client.whoami();
    expect(provider.renewals).toBeGreaterThan(before);
  }, SOON);
  await syncs(main);
}

test("the server says that it has next-generation login", async () => {
  const main = await start();
  expect(await main.signIn.discover(stack.homeserver.url)).toMatchObject({ oauth: true, password: false });
});

test("whoever goes through the browser is signed in with the device that they asked for, and stays so as tokens end", async () => {
  const main = await start();
  await main.signIn.oauth(stack.homeserver.url);
  expect(main.store.state.session).toMatchObject({
    phase: "signed-in",
    user: `@dora:${stack.homeserver.serverName}`,
    device: expect.stringMatching(/^[A-Z2-7]{10}$/),
  });
  expect(main.pages.join()).toContain("You are signed in to Carillon");
  await renewed(main);
  expect(phaseOf(main)).toBe("signed-in");
  expect(main.lines.join("")).not.toMatch(/code=(?!…)|refresh_token["=:]+(?!…)/);
});

test("a restart goes on with the tokens of the last renewal", async () => {
  const main = await start();
  await main.signIn.oauth(stack.homeserver.url);
  await renewed(main);
  open.splice(open.indexOf(main), 1);
  await main.quit();
  const again = await start(main.folder);
  expect(phaseOf(again)).toBe("signed-in");
  await syncs(again);
});

test.each([
  ["in trouble", { status: 503, body: "" }],
  ["asked too often, in Matrix's words", { status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED"}` }],
  ["answered for by a proxy", { status: 403, body: "<html>" }],
])("an authorization server that is %s signs nobody out", async (_why, trouble) => {
  const main = await start();
  await main.signIn.oauth(stack.homeserver.url);
  provider.trouble = trouble;
  const { client } = main.signIn.required;
  await vi.waitFor(
    async () =>
      expect(await client.whoami().catch((error: unknown) => error)).toBeInstanceOf(ConnectionError),
    SOON,
  );
  expect(phaseOf(main)).toBe("signed-in");
  provider.trouble = null;
  // It is asked again after a pause.
  await vi.waitFor(() => client.whoami(), SOON);
  await syncs(main);
  expect(phaseOf(main)).toBe("signed-in");
});

test("a login that was ended there asks to sign in again, and goes on with the same device", async () => {
  const main = await start();
  await main.signIn.oauth(stack.homeserver.url);
  const { device } = main.signIn.required.session;
  await provider.endAll();
  // Any request tells, once the token is over.
  const { client } = main.signIn.required;
  await vi.waitFor(async () => {
    await client.whoami().catch(() => undefined);
    expect(main.store.state.session).toMatchObject({
      phase: "signed-out",
      again: { user: `@dora:${stack.homeserver.serverName}` },
    });
  }, SOON);
  await main.signIn.oauth(stack.homeserver.url);
  expect(main.store.state.session).toMatchObject({ phase: "signed-in", device });
});

test("who says no in the browser is not signed in", async () => {
  provider.refuses = true;
  const main = await start();
  await expect(main.signIn.oauth(stack.homeserver.url)).rejects.toMatchObject({ code: "login-cancelled" });
  expect(phaseOf(main)).toBe("signed-out");
});

test("a sign-out takes the tokens back", async () => {
  const main = await start();
  await main.signIn.oauth(stack.homeserver.url);
  const { accessToken } = main.signIn.required.session;
  await main.signIn.logout();
  expect(phaseOf(main)).toBe("signed-out");
  expect(main.lines.join("")).not.toContain("sign-out not told");
  // Synapse remembers for two minutes what it was told of a token, so the authorization server itself is asked.
  const asked = await fetch(`${provider.url}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  expect(asked.status).toBe(401);
  await expect(
    matrixRequest(stack.homeserver.url, "not a token")("GET", "/v3/account/whoami"),
  ).rejects.toThrow("401");
});

test("a renewal that was under way at the sign-out does not bring the session back", async () => {
  let isAsked = false;
  const held = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const main = await start(undefined, async (input, init) => {
    const response = await fetch(input, init);
    if (!String(init?.body).includes("grant_type=refresh_token")) return response;
    isAsked = true;
    await held.promise;
    // Read already, so that what follows of it follows at once.
    const body = await response.text();
    answered.resolve();
    return new Response(body, response);
  });
  await main.signIn.oauth(stack.homeserver.url);
  const { client } = main.signIn.required;
  await vi.waitFor(() => {
    // Any request renews it, once that is due; then it waits too.
    client.whoami().catch(() => undefined);
    expect(isAsked).toBe(true);
  }, SOON);
  await main.signIn.logout();
  held.resolve();
  await answered.promise;
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(main.database.bytes("session")).toBeUndefined();
  expect(phaseOf(main)).toBe("signed-out");
});
