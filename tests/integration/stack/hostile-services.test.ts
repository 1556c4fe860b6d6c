import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";

import { Grants } from "../../../electron/rtc/grants.ts";
import { OwnTransport } from "../../../electron/rtc/own-transport.ts";
import type { GrantMatrix } from "../../../electron/rtc/ports.ts";
import type { OwnSelf } from "../../../electron/rtc/types.ts";
import { clock } from "../../../electron/shell/clock.ts";
import { codeOf } from "../../../shared/errors.ts";
import { freePort } from "../../stack/ports.ts";

type Answering = (response: ServerResponse) => void;

const GRANT = JSON.stringify({ url: "wss://sfu.example", jwt: "token" });
const MIB = Buffer.alloc(2 ** 20, "x");
const closed = Promise.withResolvers<undefined>();

/** Writes until nobody listens any more. */
function withoutEnd(response: ServerResponse): void {
  response.once("close", () => closed.resolve(undefined));
  const more = (): void => {
    while (!response.destroyed && response.write(MIB));
    response.once("drain", more);
  };
  more();
}

/** By path, how a service answers. */
const services: Readonly<Record<string, Answering>> = {
  honest: (response) => response.end(GRANT),
  refusing: (response) => response.writeHead(403).end(JSON.stringify({ errcode: "M_FORBIDDEN" })),
  broken: (response) => response.writeHead(502).end("<html>"),
  busy: (response) => response.writeHead(429, { "retry-after": "60" }).end(),
  silent: () => undefined,
  "silent after its head": (response) => response.writeHead(200).flushHeaders(),
  endless: withoutEnd,
  garbled: (response) => response.end(Buffer.from([0xff, 0xfe, 0, 1, 2])),
  "of another mind": (response) => response.end('{"url":"wss://sfu.example","jwt":{"toString":1}}'),
  "cut off": (response) => {
    response.writeHead(200, { "content-length": "1000" }).write("{");
    response.destroy();
  },
  "elsewhere (302)": (response) => response.writeHead(302, { location: `${other}/sfu/get` }).end(),
  "elsewhere (307)": (response) => response.writeHead(307, { location: `${other}/sfu/get` }).end(),
};

const http: Server[] = [];
let base: string;
let other: string;
let gone: string;
/** What the one heard to which others would send us. */
const misled: string[] = [];

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  http.push(server);
  return `http://127.0.0.1:${port}`;
}

beforeAll(async () => {
  other = await listen((request, response) => {
    misled.push(request.url ?? "");
    response.end(GRANT);
  });
  base = await listen((request, response) => {
    const [, name = ""] = decodeURIComponent(request.url ?? "").split("/");
    request.resume().once("end", () => services[name]?.(response));
  });
  gone = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => {
  for (const server of http) {
    server.closeAllConnections();
    server.close();
  }
});

const matrix: GrantMatrix = {
  user: "@alice:hs",
  device: "A",
  openIdToken: () =>
    Promise.resolve({ access_token: "t", token_type: "Bearer", matrix_server_name: "hs", expires_in: 3600 }),
  livekit: () => Promise.reject(new Error("no endpoints")),
};
const self: OwnSelf = { form: "legacy", memberId: "@alice:hs:A", identity: "@alice:hs:A" };

test("each service comes to its own end, and the honest one waits for none of them", async () => {
  const transport = new OwnTransport({ transports: () => Promise.resolve([]) }, clock, () => null);
  const grants = new Grants({ matrix, clock, fetch, transport });
  const ended: string[] = [];
  const ask = async (name: string, url: string): Promise<[string, string]> => {
    const outcome = await grants
      .get("!room:hs", url, self, { own: false, fresh: false })
      .then(({ token }) => token, codeOf);
    ended.push(name);
    return [name, outcome];
  };
  const asked = Object.keys(services)
    .toReversed()
    .map((name) => ask(name, `${base}/${encodeURIComponent(name)}`));
  const outcomes = Object.fromEntries(await Promise.all([ask("gone", gone), ...asked]));
  expect(outcomes).toEqual({
    honest: "token",
    refusing: "grant-refused",
    broken: "grant-unreachable",
    busy: "rate-limited",
    silent: "grant-unreachable",
    "silent after its head": "grant-unreachable",
    endless: "grant-refused",
    garbled: "grant-refused",
    "of another mind": "grant-refused",
    "cut off": "grant-unreachable",
    "elsewhere (302)": "grant-unreachable",
    "elsewhere (307)": "grant-unreachable",
    gone: "grant-unreachable",
  });
  expect(ended.indexOf("honest")).toBeLessThan(ended.indexOf("silent"));
  // Our token went to nobody but whom it is for.
  expect(misled).toEqual([]);
  // We hung up on the one that goes on for ever.
  await closed.promise;
});
