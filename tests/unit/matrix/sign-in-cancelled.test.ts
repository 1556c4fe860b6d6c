import { afterEach, expect, test } from "vitest";

import { signInParts } from "../../support/signed-in.ts";

const HOMESERVER = "https://hs.example.org";
const AUTH = "https://auth.example.org";

const open: Awaited<ReturnType<typeof signInParts>>[] = [];
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

const json = (body: object, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

/** What an authorization server and its homeserver say, by the end of the path. */
const answers: Record<string, () => Response> = {
  "/auth_metadata": () =>
    json({
      issuer: AUTH,
      authorization_endpoint: `${AUTH}/authorize`,
      token_endpoint: `${AUTH}/token`,
      registration_endpoint: `${AUTH}/register`,
      revocation_endpoint: `${AUTH}/revoke`,
    }),
  "/register": () => json({ client_id: "client", redirect_uris: [] }, 201),
  "/token": () => json({ access_token: "access", refresh_token: "refresh", token_type: "Bearer" }),
  "/whoami": () => json({ user_id: "@dora:example.org", device_id: "DEVICE" }),
  "/revoke": () => new Response(""),
};

test.each(["/auth_metadata", "/register", "/token", "/whoami"])(
  "a cancel during %s signs nobody in",
  async (when) => {
    const asked: string[] = [];
    const main = await signInParts({
      // The answer comes all the same: what was cancelled must not go on with it.
      fetch: (input) => {
        const { pathname } = new URL(String(input));
        const [end = "", answer = () => json({}, 404)] =
          Object.entries(answers).find(([path]) => pathname.endsWith(path)) ?? [];
        asked.push(end);
        if (end === when) main.signIn.cancelSingleSignOn();
        return Promise.resolve(answer());
      },
      openExternal: async (page) => {
        const { searchParams } = new URL(page);
        const back = new URL(searchParams.get("redirect_uri") ?? "");
        back.searchParams.set("state", searchParams.get("state") ?? "");
        back.searchParams.set("code", "code");
        await fetch(back);
      },
    });
    open.push(main);
    await main.signIn.restore();
    const before = main.store.state.session;
    await expect(main.signIn.oauth(HOMESERVER)).rejects.toMatchObject({ code: "login-cancelled" });
    expect(main.store.state.session).toEqual(before);
    expect(main.database.bytes("session")).toBeUndefined();
    const isBeforeBrowser = when === "/auth_metadata" || when === "/register";
    expect(main.opened).toHaveLength(isBeforeBrowser ? 0 : 1);
    // What was given for nothing is given back.
    if (when === "/whoami") expect(asked.filter((end) => end === "/revoke")).toHaveLength(2);
  },
);
