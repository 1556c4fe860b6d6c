import { expect, test } from "vitest";

import { allowed, packageList, readPackage, refuse, thirdParty } from "../../../build/package/licences.ts";

test.each([
  ["MIT", true],
  ["(Apache-2.0 AND BSD-3-Clause)", true],
  ["(MIT OR GPL-3.0-only)", true],
  ["(MIT AND (GPL-3.0-only OR ISC))", true],
  ["(MIT AND GPL-3.0-only)", false],
  ["MIT OR ISC AND AGPL-3.0-only", true],
  ["AGPL-3.0-only", false],
  ["LGPL-2.1-or-later", false],
  ["SEE LICENSE IN LICENSE.md", false],
  ["UNLICENSED", false],
  ["", false],
])("%s is fit to be shipped: %s", (expression, fit) => expect(allowed(expression)).toBe(fit));

test.each([
  ["as one word", { license: "MIT" }, null],
  ["as an object", { license: { type: "MIT" } }, null],
  ["in brackets", { license: "(MIT)" }, null],
  ["as a list of choices", { licenses: [{ type: "MIT" }] }, null],
  ["in its file's title alone", {}, "MIT License\n\nCopyright"],
])("a licence is read where it is said %s", (_how, said, text) => {
  const one = readPackage({ name: "one", version: "1.0.0", ...said }, text);
  expect(one).toEqual({ name: "one", version: "1.0.0", license: "MIT", text });
});

test("a package that names no licence, or one that is not fit, stops the build", () => {
  expect(() => readPackage({ name: "one", version: "1.0.0" }, "All rights reserved")).toThrow(
    "one 1.0.0 names no licence",
  );
  const free = { name: "free", version: "1.0.0", license: "MIT", text: null };
  expect(() => refuse([free])).not.toThrow();
  expect(() => refuse([free, { ...free, name: "bound", license: "AGPL-3.0-only" }])).toThrow(
    "bound 1.0.0 (AGPL-3.0-only)",
  );
});

test("the list names packages by their URL, the text each with its licence, a shared one once", () => {
  const packages = [
    { name: "@a/b", version: "1.0.0", license: "MIT", text: "Do as you like.\n" },
    { name: "c", version: "2.0.0", license: "MIT", text: "Do as you like." },
    { name: "d", version: "3.0.0", license: "ISC", text: null },
  ];
  expect(packageList(packages)[0]).toEqual({
    name: "@a/b",
    version: "1.0.0",
    license: "MIT",
    purl: "pkg:npm/%40a/b@1.0.0",
  });
  const text = thirdParty(packages);
  expect(text.split("Do as you like.").length - 1).toBe(1);
  for (const said of ["@a/b 1.0.0 (MIT)", "c 2.0.0 (MIT)", "d 3.0.0 (ISC)"]) expect(text).toContain(said);
});
