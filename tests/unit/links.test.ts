import fc from "fast-check";
import { expect, test } from "vitest";

import { parseLink, roomLink, type Link } from "../../shared/links.ts";
import { isRoomId, isUserId } from "../../shared/matrix/ids.ts";

const bob: Link = { kind: "person", user: "@bob:example.org" };
const room: Link = { kind: "room", room: "!abc:example.org" };

test.each<[string, Link]>([
  ["matrix:u/bob:example.org", bob],
  ["MATRIX:u/bob:example.org", bob],
  ["matrix:u/bob:example.org?action=chat", bob],
  ["matrix:u/bob%3Aexample.org", bob],
  ["carillon:u/bob:example.org", bob],
  ["matrix:u/a%2Fb:example.org:8448", { kind: "person", user: "@a/b:example.org:8448" }],
  ["matrix:u/bob:[2001:db8::1]", { kind: "person", user: "@bob:[2001:db8::1]" }],
  ["matrix:roomid/abc:example.org", room],
  ["matrix:roomid/abc:example.org?via=a.org&via=b.org", room],
  ["matrix:roomid/abc:example.org/e/event?via=a.org", room],
  ["matrix:roomid/abc:example.org#part", room],
  [
    "matrix:roomid/31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM",
    { kind: "room", room: "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM" },
  ],
  ["matrix:r/us:example.org", { kind: "alias", alias: "#us:example.org" }],
  ["carillon:r/us:example.org?action=join", { kind: "alias", alias: "#us:example.org" }],
  ["carillon:call/@bob:example.org", { kind: "call", target: "@bob:example.org", intent: "video" }],
  [
    "carillon:call/%40bob%3Aexample.org?intent=audio",
    { kind: "call", target: "@bob:example.org", intent: "audio" },
  ],
  [
    "carillon:call/!abc:example.org?x=1&intent=audio",
    { kind: "call", target: "!abc:example.org", intent: "audio" },
  ],
  [
    "carillon:call/!abc:example.org?intent=neither",
    { kind: "call", target: "!abc:example.org", intent: "video" },
  ],
])("%s", (url, expected) => {
  expect(parseLink(url)).toEqual(expected);
});

test.each([
  "",
  "matrix:",
  "matrix:u/",
  "matrix:u/bob",
  "matrix:u/@bob:example.org/extra",
  "matrix:U/bob:example.org",
  "matrix:e/event",
  "matrix://example.org/u/bob:example.org",
  "matrix:call/@bob:example.org",
  "carillon:call/bob:example.org",
  "carillon:call/#us:example.org",
  "carillon:quit/now",
  "https://matrix.to/#/@bob:example.org",
  "javascript:u/bob:example.org",
  " matrix:u/bob:example.org",
  "matrix:u/bob:example.org\n",
  "matrix:u/%:example.org",
  "matrix:u/%ff:example.org",
  "matrix:u/bob%00:example.org",
  "matrix:u/bob%20x:example.org",
  "matrix:u/bob%E2%80%AE:example.org",
  "matrix:u/bob%E2%80%8B:example.org",
  `matrix:u/${"b".repeat(300)}:example.org`,
  `matrix:u/bob:example.org?${"a".repeat(4000)}`,
])("%j is no link of ours", (url) => {
  expect(parseLink(url)).toBe(null);
});

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .tuple(
      fc.constantFrom("matrix:", "carillon:", "matrix://", "CARILLON:"),
      fc.constantFrom("u/", "r/", "roomid/", "call/", "call/@", "call/!", "constructor/", "__proto__/"),
      fc.string({
        unit: fc.constantFrom(
          "a",
          ":",
          "%",
          "%2F",
          "%00",
          "%C3",
          "/",
          "?",
          "#",
          "&",
          "..",
          "\n",
          "\u202E",
          "@",
          "!",
          "é",
        ),
      }),
    )
    .map((parts) => parts.join("")),
);

test("hostile input gives null or well-formed identifiers, and never throws", () => {
  fc.assert(
    fc.property(hostile, (url) => {
      const link = parseLink(url);
      if (link === null) return;
      const id = { person: "user", room: "room", alias: "alias", call: "target" } as const;
      const value: unknown = Object.entries(link).find(([key]) => key === id[link.kind])?.[1];
      expect(value).not.toMatch(/[\s\p{C}]/u);
      expect(isUserId(value) || isRoomId(value) || /^#[^\s:]+:\S+$/.test(String(value))).toBe(true);
      expect(String(value).length).toBeLessThanOrEqual(255);
    }),
    { numRuns: 2000 },
  );
});

test("an identifier that is percent-encoded comes back as it was", () => {
  const local = fc.string({
    unit: fc.constantFrom("a", "z", "0", ".", "_", "=", "-", "/", "+", "%", "?", "#", "é"),
    minLength: 1,
  });
  fc.assert(
    fc.property(local, (name) => {
      const user = `@${name}:example.org`;
      fc.pre(user.length <= 255);
      expect(parseLink(`matrix:u/${encodeURIComponent(user.slice(1))}`)).toEqual({ kind: "person", user });
      expect(parseLink(`carillon:call/${encodeURIComponent(user)}`)).toMatchObject({ target: user });
    }),
  );
});

test("the link of a room names it whole, whatever its ID holds", () => {
  expect(roomLink("!a/b?c#d:example.org", "example.org:8448")).toBe(
    "https://matrix.to/#/!a%2Fb%3Fc%23d%3Aexample.org?via=example.org%3A8448",
  );
});
