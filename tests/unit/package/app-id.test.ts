import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { APP_ID as PACKAGED, SCHEMES, at, differing } from "../../../build/package/app-id.ts";
import { APP_ID } from "../../../electron/shell/app-id.ts";
import { schemes } from "../../../electron/shell/link-in.ts";

test("the app has one name and opens the same links wherever they are said", () => {
  const builder = readFileSync("electron-builder.yml", "utf8");
  const manifest: unknown = JSON.parse(readFileSync("package.json", "utf8"));
  expect([PACKAGED, at(manifest, "desktopName"), /^appId: (.*)$/m.exec(builder)?.[1]]).toEqual([
    APP_ID,
    `${APP_ID}.desktop`,
    APP_ID,
  ]);
  expect([...schemes]).toEqual([...SCHEMES]);
  expect(/^protocols: .*schemes: \[([^\]]*)\]/m.exec(builder)?.[1]).toBe(SCHEMES.join(", "));
});

test("what differs is said with both, and what is alike is not", () => {
  expect(at({ a: [{ b: 1 }] }, "a", 0, "b")).toBe(1);
  expect(at({ a: null }, "a", "b")).toBe(undefined);
  expect(differing({ one: [1, 1], two: [undefined, 2], three: [["a"], ["b"]] })).toEqual([
    "two is missing, not 2",
    'three is ["a"], not ["b"]',
  ]);
});
