import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { matrixRequest } from "../../support/matrix-request.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ ssoUser: "carol" });
});

afterAll(() => stack?.stop());

/** Follows a browser's way until it leads to `end`. */
async function follow(url: string, end: string): Promise<URL> {
  for (let hop = 0, at = url; hop < 10; hop++) {
    if (at.startsWith(end)) return new URL(at);
    const response = await fetch(at, { redirect: "manual" });
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${at} answered ${response.status}: ${await response.text()}`);
    at = new URL(location, at).href;
  }
  throw new Error("it leads nowhere");
}

test("somebody can sign in by single sign-on, with the login token that the loopback gets", async () => {
  const request = matrixRequest(stack.homeserver.url);
  const { flows } = await request<{ flows: { type: string }[] }>("GET", "/v3/login");
  expect(flows.map(({ type }) => type)).toContain("m.login.sso");

  const back = "http://127.0.0.1:1/signed-in";
  const start = `${stack.homeserver.url}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(back)}`;
  const token = (await follow(start, back)).searchParams.get("loginToken");
  const session = await request<{ user_id: string }>("POST", "/v3/login", { type: "m.login.token", token });
  expect(session.user_id).toBe(`@carol:${stack.homeserver.serverName}`);
});
