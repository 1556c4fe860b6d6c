import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, expect, test } from "vitest";

import { discover } from "../../../electron/matrix/discovery.ts";
import { networkErrorCode } from "../../../electron/matrix/http.ts";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

type Answers = Readonly<Record<string, [number, unknown]>>;

/** A homeserver that answers these paths and nothing else. */
async function serving(answers: Answers | ((self: string) => Answers)): Promise<string> {
  const server = createServer((request, response) => {
    const self = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [status, body] = (typeof answers === "function" ? answers(self) : answers)[request.url ?? ""] ?? [
      404,
      { errcode: "M_UNRECOGNIZED" },
    ];
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(typeof body === "string" ? body : JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const VERSIONS = "/_matrix/client/versions";
const LOGIN = "/_matrix/client/v3/login";
const good: Answers = {
  [VERSIONS]: [200, { versions: ["v1.11"] }],
  [LOGIN]: [
    200,
    { flows: [{ type: "m.login.password" }, { type: "m.login.sso" }, { type: "m.login.token" }] },
  ],
};

test.each(["server", "URL", "user ID"])("a homeserver is found by its %s", async (form) => {
  const host = await serving(good);
  const typed = form === "server" ? ` ${host} ` : form === "URL" ? `http://${host}/` : `@alice:${host}`;
  expect(await discover(fetch, typed)).toEqual({
    url: `http://${host}`,
    name: host,
    password: true,
    sso: true,
    oauth: false,
  });
});

const METADATA = "/_matrix/client/v1/auth_metadata";
const endpoints = (server: string) => ({
  issuer: `${server}/`,
  authorization_endpoint: `${server}/authorize`,
  token_endpoint: `${server}/token`,
  registration_endpoint: `${server}/register`,
  revocation_endpoint: `${server}/revoke`,
});

test("next-generation login is found, also where there is no other way", async () => {
  const host = await serving({
    [VERSIONS]: [200, { versions: [] }],
    [METADATA]: [200, endpoints("https://auth.example")],
  });
  expect(await discover(fetch, host)).toMatchObject({ oauth: true, password: false, sso: false });
});

test.each([
  ["lies over plain HTTP", endpoints("http://auth.example")],
  ["is no web page", endpoints("javascript:alert(1)//")],
  ["lacks an endpoint", { ...endpoints("https://auth.example"), token_endpoint: undefined }],
])("an authorization server that %s is none", async (_what, body) => {
  expect(await discover(fetch, await serving({ ...good, [METADATA]: [200, body] }))).toMatchObject({
    oauth: false,
    password: true,
  });
});

test("`.well-known` leads to the homeserver", async () => {
  const real = await serving(good);
  const host = await serving({
    "/.well-known/matrix/client": [200, { "m.homeserver": { base_url: `http://${real}/` } }],
  });
  expect(await discover(fetch, host)).toMatchObject({ url: `http://${real}`, name: host });
});

test.each<[string, Answers, string]>([
  ["a web server that is no homeserver", { [VERSIONS]: [200, "<html>"] }, "server-not-matrix"],
  ["a server that knows no such path", {}, "server-not-matrix"],
  ["a homeserver in trouble", { [VERSIONS]: [502, "bad gateway"] }, "server-error"],
  [
    "a homeserver that limits us",
    { ...good, [LOGIN]: [429, { errcode: "M_LIMIT_EXCEEDED" }] },
    "rate-limited",
  ],
  [
    "a homeserver without login flows",
    { ...good, [LOGIN]: [404, { errcode: "M_UNRECOGNIZED" }] },
    "login-unsupported",
  ],
  [
    "a `.well-known` that leads to plain http",
    { "/.well-known/matrix/client": [200, { "m.homeserver": { base_url: "http://example.org" } }] },
    "server-not-matrix",
  ],
])("%s is told apart", async (_what, answers, code) => {
  await expect(discover(fetch, await serving(answers))).rejects.toMatchObject({ code });
});

test.each(["", "not a server", "https://", "@alice", "javascript:alert(1)"])(
  "%j is no server",
  async (typed) => {
    await expect(discover(fetch, typed)).rejects.toMatchObject({ code: "server-unknown" });
  },
);

test("nobody at the address is an unknown server", async () => {
  const host = await serving(good);
  await new Promise((done) => servers.pop()?.close(done));
  await expect(discover(fetch, host)).rejects.toMatchObject({ code: "server-unknown" });
});

const chained = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
test.each<[string, unknown, string]>([
  ["Node: no such host", chained("ENOTFOUND"), "server-unknown"],
  ["Node: nobody listens", chained("ECONNREFUSED"), "server-unknown"],
  ["Node: a certificate of its own", chained("DEPTH_ZERO_SELF_SIGNED_CERT"), "tls-failure"],
  ["Node: a certificate for another name", chained("ERR_TLS_CERT_ALTNAME_INVALID"), "tls-failure"],
  ["Node: an old certificate", chained("CERT_HAS_EXPIRED"), "tls-failure"],
  ["Node: no network", chained("ENETUNREACH"), "offline"],
  ["Node: the name server is not there", chained("EAI_AGAIN"), "offline"],
  ["Chromium: no such host", new Error("net::ERR_NAME_NOT_RESOLVED"), "server-unknown"],
  ["Chromium: a bad certificate", new Error("net::ERR_CERT_AUTHORITY_INVALID"), "tls-failure"],
  ["Chromium: no network", new Error("net::ERR_INTERNET_DISCONNECTED"), "offline"],
  ["an answer that took too long", new DOMException("late", "TimeoutError"), "offline"],
])("%s", (_what, error, code) => {
  expect(networkErrorCode(error)).toBe(code);
});
