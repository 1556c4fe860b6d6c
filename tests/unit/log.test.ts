import fc from "fast-check";
import { expect, test } from "vitest";

import { redact } from "../../electron/log.ts";
import { collectLog } from "../support/collect-log.ts";

const secret = fc.stringMatching(/^[A-Za-z0-9]{24,40}$/);
const jwt = fc.tuple(secret, secret, secret).map(([head, body, sign]) => `eyJ${head}.eyJ${body}.${sign}`);

test.each<[string, (secret: string) => string]>([
  ["an access token of Synapse", (s) => `token syt_${s}_x failed`],
  ["a delay id of Synapse", (s) => `restart of syd_${s}`],
  [
    "a delay id in a path",
    (s) => `POST https://hs/_matrix/client/unstable/org.matrix.msc4140/delayed_events/${s}/restart`,
  ],
  ["an authorization header", (s) => `authorization: Bearer ${s}`],
  ["an access token in a URL", (s) => `GET https://hs/x?access_token=${s}&a=b`],
  ["a token in JSON", (s) => JSON.stringify({ access_token: s, user: "@a:hs" })],
  ["a media key in JSON", (s) => JSON.stringify({ keys: { index: 0, key: s } })],
  ["a login token", (s) => `redirected to http://127.0.0.1:1/x?loginToken=${s}`],
  ["a password in JSON", (s) => JSON.stringify({ password: s })],
])("%s does not reach the log", (_what, sentence) => {
  fc.assert(fc.property(secret, (value) => !redact(sentence(value)).includes(value)));
});

test("a grant does not reach the log", () => {
  fc.assert(fc.property(jwt, (value) => !redact(`refused ${value}`).includes(value.slice(10))));
});

test("an error's causes are written, without their secrets", () => {
  const { log, lines } = collectLog();
  log.warn("failed", new Error("outer", { cause: new Error("access_token=abcdefghijklmnop") }));
  expect(lines.join("")).toContain("outer");
  expect(lines.join("")).toContain("access_token=…");
});

test("ordinary words stay as they are", () => {
  const line = "the call window crashed: oom in !room:hs of @alice:hs";
  expect(redact(line)).toBe(line);
});
