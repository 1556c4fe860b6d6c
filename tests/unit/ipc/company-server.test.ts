import { expect, test } from "vitest";

import { CompanyServer } from "../../../electron/ipc/company-server.ts";
import { initialState } from "../../../shared/state/app-state.ts";

const found = (server: string) =>
  Promise.resolve({
    url: `https://matrix.${server}`,
    name: server,
    password: true,
    sso: false,
    oauth: false,
  });

test.each([
  { homeserver: null, homeserverOnly: false },
  { homeserver: "acme.example", homeserverOnly: false },
])("anybody's homeserver is allowed with %o", async (company) => {
  const server = new CompanyServer(() => ({
    ...initialState,
    company: { ...company, updates: null, broken: false },
  }));
  expect(await server.discover("other.example", found)).toMatchObject({ name: "other.example" });
  expect(server.allowed("https://unheard.example")).toBe("https://unheard.example");
});

test("where a company allows its own alone, a window gets nowhere else, whatever it asks for", async () => {
  const company = { homeserver: "acme.example", homeserverOnly: true, updates: null, broken: false };
  const server = new CompanyServer(() => ({ ...initialState, company }));
  const denied = expect.objectContaining({ code: "denied" });
  expect(() => server.allowed("https://matrix.acme.example")).toThrow(denied);
  await expect(server.discover("other.example", found)).rejects.toEqual(denied);
  expect((await server.discover("acme.example", found)).url).toBe("https://matrix.acme.example");
  expect(server.allowed("https://matrix.acme.example")).toBe("https://matrix.acme.example");
  expect(() => server.allowed("https://matrix.other.example")).toThrow(denied);
});

test("whoever's session ended goes on with it where it was", async () => {
  const company = { homeserver: "acme.example", homeserverOnly: true, updates: null, broken: false };
  const again = { homeserver: "https://chat.acme.example", user: "@alice:acme.example" as const };
  const server = new CompanyServer(() => ({
    company,
    session: { phase: "signed-out", reason: null, again },
  }));
  await server.discover(again.homeserver, async () => ({
    ...(await found("acme.example")),
    url: again.homeserver,
  }));
  expect(server.allowed(again.homeserver)).toBe(again.homeserver);
});
