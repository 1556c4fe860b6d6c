import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo, type Server } from "node:net";

import { afterEach, expect, test } from "vitest";

import { selfSigned } from "../../support/self-signed.ts";
import { signInParts } from "../../support/signed-in.ts";

const servers: Server[] = [];
const open: Awaited<ReturnType<typeof signInParts>>[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

async function start() {
  const main = await signInParts();
  open.push(main);
  await main.signIn.restore();
  return main;
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is never a string.
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const signedOut = { phase: "signed-out", reason: null, again: null };

test("a certificate that nobody vouches for is told apart, and nothing is sent", async () => {
  const paths: unknown[] = [];
  const host = await listen(
    createHttpsServer(selfSigned, (request, response) => {
      paths.push(request.url);
      response.end("{}");
    }),
  );
  const main = await start();
  const failure = { code: "tls-failure" };
  await expect(main.signIn.discover(`https://${host}`)).rejects.toMatchObject(failure);
  await expect(main.signIn.login(`https://${host}`, "alice", "secret")).rejects.toMatchObject(failure);
  expect(paths).toEqual([]);
  expect(main.store.state.session).toEqual(signedOut);
});

test("a connection that breaks is no connection", async () => {
  const host = await listen(createServer((socket) => socket.resetAndDestroy()));
  const main = await start();
  const failure = { code: "offline" };
  await expect(main.signIn.discover(host)).rejects.toMatchObject(failure);
  await expect(main.signIn.login(`http://${host}`, "alice", "secret")).rejects.toMatchObject(failure);
  expect(main.store.state.session).toEqual(signedOut);
});

test.each<[string, number, unknown, string]>([
  ["too many attempts", 429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 60_000 }, "rate-limited"],
  ["a wrong password", 403, { errcode: "M_FORBIDDEN" }, "wrong-password"],
  ["a deactivated account", 403, { errcode: "M_USER_DEACTIVATED" }, "account-deactivated"],
  ["a gateway without a server", 502, "bad gateway", "server-error"],
  ["a refusal of another kind", 400, { errcode: "M_UNKNOWN" }, "login-failed"],
  ["a success that is none", 200, { user_id: "alice" }, "server-not-matrix"],
  ["a user that is no user", 200, { user_id: 1, device_id: {}, access_token: [] }, "server-not-matrix"],
  ["a web page", 200, "<html>", "server-not-matrix"],
])("%s at the login is told apart", async (_what, status, body, code) => {
  const host = await listen(
    createHttpServer((_request, response) =>
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(typeof body === "string" ? body : JSON.stringify(body)),
    ),
  );
  const main = await start();
  await expect(main.signIn.login(`http://${host}`, "alice", "secret")).rejects.toMatchObject({ code });
  expect(main.store.state.session).toEqual(signedOut);
  expect(main.lines.join("")).not.toContain("secret");
});
