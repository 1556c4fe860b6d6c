import { afterEach, expect, test, vi } from "vitest";

import type { OAuthGrant } from "../../../electron/matrix/login.ts";
import { Tokens } from "../../../electron/matrix/tokens.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const HOMESERVER = "https://hs.example.org";
const LIFE_MS = 300_000;
const RENEW_MS = 270_000;

afterEach(() => void vi.useRealTimers());

/** A login of generation 1, and an authorization server that gives the next ones as `answers` says. */
function login(answers?: () => Promise<Response>) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const traded: string[] = [];
  const kept: string[] = [];
  let generation = 1;
  const nextTokens = () => ({
    access_token: `access${++generation}`,
    refresh_token: `refresh${generation}`,
    token_type: "Bearer",
    expires_in: LIFE_MS / 1000,
  });
  const works = () => Promise.resolve(json(nextTokens()));
  const server = { answers: answers ?? works, works, keep: (_token: string) => Promise.resolve() };
  const grant: OAuthGrant = {
    clientId: "client",
    issuer: "https://auth.example.org/",
    tokenEndpoint: "https://auth.example.org/token",
    revocationEndpoint: "https://auth.example.org/revoke",
    refreshToken: "refresh1",
    renewAt: clock.now() + RENEW_MS,
    expiresAt: clock.now() + LIFE_MS,
  };
  const tokens = new Tokens({
    homeserver: HOMESERVER,
    accessToken: "access1",
    grant,
    now: () => clock.now(),
    log: collectLog().log,
    fetch: (input, init) => {
      if (String(input) === grant.tokenEndpoint) {
        traded.push(new URLSearchParams(String(init?.body)).get("refresh_token") ?? "");
        return server.answers();
      }
      asked.push(new Headers(init?.headers).get("authorization") ?? "");
      return Promise.resolve(json({}));
    },
    keep: async (token) => {
      await server.keep(token);
      kept.push(token);
    },
  });
  const ask = () => tokens.fetch(`${HOMESERVER}/sync`, { headers: { authorization: "Bearer old" } });
  return { clock, server, tokens, ask, asked, traded, kept };
}

const json = (body: object, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
const silence = () => new Promise<never>(() => {});
const trouble = (headers = {}) => Promise.resolve(new Response("", { status: 503, headers }));

test("nobody waits for the next token while the one there is is good", async () => {
  const { clock, ask, asked, traded } = login(silence);
  await clock.advance(RENEW_MS + 1);
  await ask();
  await ask();
  expect(asked).toEqual(["Bearer access1", "Bearer access1"]);
  expect(traded).toEqual(["refresh1"]);
});

test("what was renewed in the background is kept, and used from then on", async () => {
  const { clock, ask, asked, kept } = login();
  await clock.advance(RENEW_MS + 1);
  await ask();
  await vi.waitFor(() => expect(kept).toEqual(["access2"]));
  await ask();
  expect(asked).toEqual(["Bearer access1", "Bearer access2"]);
});

test("a token that is over is not used: the request waits for the next one", async () => {
  const { clock, ask, asked } = login();
  await clock.advance(LIFE_MS + 1);
  await ask();
  expect(asked).toEqual(["Bearer access2"]);
});

test("between renewals that fail there is a pause, which grows", async () => {
  const { clock, server, ask, asked, traded } = login(trouble);
  await clock.advance(LIFE_MS + 1);
  await expect(ask()).rejects.toThrow(TypeError);
  await expect(ask()).rejects.toThrow(TypeError);
  expect(traded).toHaveLength(1);
  await clock.advance(1_000);
  await expect(ask()).rejects.toThrow(TypeError);
  await clock.advance(1_000);
  await expect(ask()).rejects.toThrow(TypeError);
  expect(traded).toHaveLength(2);
  server.answers = server.works;
  await clock.advance(1_000);
  await ask();
  expect(asked).toEqual(["Bearer access2"]);
});

test("an authorization server that asks for a pause has it", async () => {
  const { clock, server, ask, asked, traded } = login(() => trouble({ "retry-after": "60" }));
  await clock.advance(LIFE_MS + 1);
  await expect(ask()).rejects.toThrow(TypeError);
  server.answers = server.works;
  await clock.advance(59_000);
  await expect(ask()).rejects.toThrow(TypeError);
  expect(traded).toHaveLength(1);
  await clock.advance(1_000);
  await ask();
  expect(asked).toEqual(["Bearer access2"]);
});

test("tokens that the disk does not take are used, and written as soon as it does", async () => {
  const { clock, server, ask, asked, traded, kept } = login();
  server.keep = () => Promise.reject(new Error("disk full"));
  await clock.advance(LIFE_MS + 1);
  await ask();
  await ask();
  expect(asked).toEqual(["Bearer access2", "Bearer access2"]);
  expect(traded).toEqual(["refresh1"]);
  expect(kept).toEqual([]);
  server.keep = () => Promise.resolve();
  await ask();
  await vi.waitFor(() => expect(kept).toEqual(["access2"]));
});

test("the next renewal is with what the disk did not take", async () => {
  const { clock, server, ask, traded } = login();
  server.keep = () => Promise.reject(new Error("disk full"));
  await clock.advance(LIFE_MS + 1);
  await ask();
  await clock.advance(LIFE_MS + 1);
  await ask();
  expect(traded).toEqual(["refresh1", "refresh2"]);
});

test("an end waits for a renewal under way, so that the next start has its tokens", async () => {
  const answer = Promise.withResolvers<Response>();
  const { clock, server, tokens, ask, kept } = login(() => answer.promise);
  await clock.advance(RENEW_MS + 1);
  await ask();
  const stopped = tokens.stop();
  answer.resolve(await server.works());
  await stopped;
  expect(kept).toEqual(["access2"]);
  expect(tokens.now).toMatchObject({ accessToken: "access2" });
});

test("nothing is kept after the end", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const answer = Promise.withResolvers<Response>();
  const { clock, server, tokens, ask, kept } = login(() => answer.promise);
  await clock.advance(RENEW_MS + 1);
  await ask();
  const stopped = tokens.stop();
  await vi.advanceTimersByTimeAsync(3_000);
  await stopped;
  answer.resolve(await server.works());
  await vi.waitFor(() => expect(tokens.now).toMatchObject({ accessToken: "access2" }));
  expect(kept).toEqual([]);
});

test("nothing is renewed after the end", async () => {
  const { clock, tokens, ask, traded } = login();
  await tokens.stop();
  await clock.advance(LIFE_MS + 1);
  await expect(ask()).rejects.toThrow(TypeError);
  expect(traded).toEqual([]);
});
