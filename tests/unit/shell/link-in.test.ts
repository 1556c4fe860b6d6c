import { expect, test } from "vitest";

import { linkIn, linkOf } from "../../../electron/shell/link-in.ts";

const LINK = "carillon:call/@bob:hs";

test.each<[string, string[], string | null]>([
  ["after switches", ["/opt/carillon", "--hidden", "--", LINK], LINK],
  ["in capitals", ["/opt/carillon", "MATRIX:u/bob:hs"], "MATRIX:u/bob:hs"],
  ["nowhere", ["/opt/carillon", "--hidden"], null],
  ["in the program's own name alone", ["matrix:u/bob:hs"], null],
  ["inside of a switch", ["/opt/carillon", "--x=matrix:u/bob:hs"], null],
  ["of another scheme", ["/opt/carillon", "https://example.org/"], null],
])("a link %s", (_where, argv, expected) => {
  expect(linkIn(argv)).toBe(expected);
});

test("a second instance's own word counts before its arguments", () => {
  expect(linkOf({ link: LINK }, ["/opt/carillon", "matrix:u/a:hs"])).toBe(LINK);
  expect(linkOf({ link: null }, ["/opt/carillon", "matrix:u/a:hs"])).toBe("matrix:u/a:hs");
});

test.each([
  undefined,
  null,
  1,
  "matrix:u/a:hs",
  { link: 1 },
  { link: "https://x" },
  { link: "--no-sandbox" },
])("what is no link is not taken for one: %j", (data) => expect(linkOf(data, ["/opt/carillon"])).toBe(null));
