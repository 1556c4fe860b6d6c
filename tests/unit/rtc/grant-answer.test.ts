import { expect, test } from "vitest";

import { identityIn, waitAsked } from "../../../electron/rtc/grant-answer.ts";
import { jwtOf } from "./grant-world.ts";

test.each([
  [jwtOf("@alice:hs:A"), "@alice:hs:A"],
  [jwtOf("Ünï"), "Ünï"],
  ["jwt-secret", null],
  ["a.b.c", null],
  [`e30.${Buffer.from('{"sub":7}').toString("base64url")}.x`, null],
  [`e30.${Buffer.from("null").toString("base64url")}.x`, null],
  ["", null],
  ["...", null],
])("%j lets in %j", (token, identity) => {
  expect(identityIn({ url: "wss://sfu", token })).toBe(identity);
});

const NOW = Date.UTC(2026, 0, 1);
test.each([
  [200, "{}", "30", null],
  [500, "{}", "30", null],
  [503, "{}", null, null],
  [503, "{}", "30", 30_000],
  [429, "{}", "0", 0],
  [429, "{}", "Thu, 01 Jan 2026 00:00:07 GMT", 7_000],
  [429, "{}", "Thu, 01 Jan 2015 00:00:07 GMT", 0],
  [429, '{"retry_after_ms":1500}', null, 1_500],
  [429, '{"retry_after_ms":-1}', null, 5_000],
  [429, '{"retry_after_ms":1e999}', null, 5_000],
  [429, "<html>", null, 5_000],
  [429, "{}", "99999999999999999999", 300_000],
] as const)("a %i with %j and Retry-After %j asks for %j ms", (status, text, retryAfter, waitMs) => {
  expect(waitAsked({ status, text, retryAfter, date: null }, NOW)).toBe(waitMs);
});

test("a date is by the clock of who names it", () => {
  const [retryAfter, date] = ["Mon, 01 Jan 2029 00:00:20 GMT", "Mon, 01 Jan 2029 00:00:05 GMT"];
  expect(waitAsked({ status: 429, text: "", retryAfter, date }, NOW)).toBe(15_000);
});
