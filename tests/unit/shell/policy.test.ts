import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { policyFile, proxySwitches, readPolicy } from "../../../electron/shell/policy.ts";

/** What is read of a file with these bytes. */
function read(content: string | Buffer | null) {
  const folder = mkdtempSync(join(tmpdir(), "carillon-policy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "policy.json");
  if (content !== null) writeFileSync(file, content);
  return readPolicy(file);
}

const all = {
  homeserver: "example.org",
  homeserverOnly: true,
  proxy: { server: "http://proxy.example.org:3128", bypass: ["*.example.org", "<local>"] },
  updates: "off",
};

test("no file: nothing is set, and nothing is wrong", () => {
  expect(read(null)).toEqual({ policy: {}, problem: null });
});

test.each<[string, object]>([
  ["all of it", all],
  ["nothing", {}],
  ["a homeserver by its address", { homeserver: "https://matrix.example.org:8448" }],
  ["a proxy by a script", { proxy: { pac: "https://example.org/proxy.pac" } }],
])("%s is read", (_name, policy) => {
  expect(read(JSON.stringify(policy))).toEqual({ policy, problem: null });
});

test("a mark that Windows' editors put before the text does no harm", () => {
  expect(read(`\uFEFF{"updates":"ask"}`).policy).toEqual({ updates: "ask" });
});

test.each<[string, string | Buffer]>([
  ["no JSON", "updates = off"],
  ["empty", ""],
  ["no object", `["off"]`],
  ["null", "null"],
  ["a setting that is none", JSON.stringify({ ...all, upadtes: "off" })],
  ["a mode that is none", JSON.stringify({ updates: "never" })],
  ["a homeserver in clear", JSON.stringify({ homeserver: "http://example.org" })],
  ["a homeserver with a path", JSON.stringify({ homeserver: "example.org/../x" })],
  ["a proxy with a password", JSON.stringify({ proxy: { server: "http://a:b@proxy.example.org" } })],
  ["a proxy that is a list", JSON.stringify({ proxy: { server: "http://a;direct://" } })],
  ["a proxy of an unknown kind", JSON.stringify({ proxy: { server: "ftp://proxy.example.org" } })],
  ["a script on this disk", JSON.stringify({ proxy: { pac: "file:///tmp/a.pac" } })],
  ["an exception that is two", JSON.stringify({ proxy: { server: "http://a", bypass: ["a;b"] } })],
  ["two kinds of proxy", JSON.stringify({ proxy: { server: "http://a", pac: "https://b" } })],
  ["too long", `{"homeserver":"${" ".repeat(70_000)}"}`],
  ["bytes", Buffer.from([0, 255, 254, 1])],
])("%s: nothing of it holds, and it is said", (_name, content) => {
  const { policy, problem } = read(content);
  expect(policy).toEqual({});
  expect(problem).toContain("policy.json");
});

test("a file that cannot be read is said", () => {
  const folder = mkdtempSync(join(tmpdir(), "carillon-policy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "policy.json"));
  expect(readPolicy(join(folder, "policy.json")).problem).toContain("EISDIR");
});

test("what is wrong is said with its place", () => {
  expect(read(JSON.stringify({ proxy: { server: "http://a", bypass: [1] } })).problem).toContain("at proxy");
});

test.each([
  ["linux", {}, false, "/etc/carillon/policy.json"],
  ["darwin", {}, false, "/Library/Application Support/Carillon/policy.json"],
  ["win32", { ProgramData: "D:\\Data" }, false, join("D:\\Data", "Carillon", "policy.json")],
  ["linux", { CARILLON_POLICY: "/tmp/mine.json" }, false, "/etc/carillon/policy.json"],
  ["linux", { CARILLON_POLICY: "/tmp/mine.json" }, true, "/tmp/mine.json"],
] as const)("on %s, with %j and a file of one's own allowed: %s", (platform, env, own, file) =>
  expect(policyFile(platform, env, own)).toBe(file),
);

test("Chromium is told of the proxy", () => {
  expect(proxySwitches({})).toEqual([]);
  expect(proxySwitches({ proxy: { pac: "https://example.org/a.pac" } })).toEqual([
    ["proxy-pac-url", "https://example.org/a.pac"],
  ]);
  expect(proxySwitches({ proxy: { server: "socks5://proxy.example.org:1080/" } })).toEqual([
    ["proxy-server", "socks5://proxy.example.org:1080"],
  ]);
  expect(proxySwitches({ proxy: { server: "http://a:1", bypass: ["*.b", "<local>"] } })).toEqual([
    ["proxy-server", "http://a:1"],
    ["proxy-bypass-list", "*.b;<local>"],
  ]);
});
