import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { bundledPackages, packagesOf } from "../../../build/package/bundled.ts";

let root = "";
const packed = (name: string, manifest: object = {}) =>
  write(
    `node_modules/${name}/package.json`,
    JSON.stringify({ name, version: "1.0.0", license: "MIT", ...manifest }),
  );
function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const names = (id: string) => packagesOf(root, id).map(({ name, version }) => `${name} ${version}`);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "carillon-bundled-"));
  packed("plain");
  packed("@scope/whole", { dependencies: { generated: "^1.0.0" } });
  packed("inner");
  packed("generated");
  packed("bound", { license: "AGPL-3.0-only" });
  const from = "../node_modules/.pnpm/inner@2.3.4/node_modules/inner/a.js";
  write(
    "node_modules/@scope/whole/dist/index.js.map",
    JSON.stringify({ sources: ["../src/a.ts", null, from] }),
  );
  write("node_modules/lost/dist/index.js.map", JSON.stringify({ sources: ["../node_modules/nowhere/a.js"] }));
  packed("lost");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a module's package is the innermost folder of packages that it lies in", () => {
  packed("plain/node_modules/nested", { name: "nested" });
  expect(names(join(root, "electron/main.ts"))).toEqual([]);
  expect(names(`\0${join(root, "node_modules/plain/a.js")}?commonjs-es-import`)).toEqual(["plain 1.0.0"]);
  expect(names(join(root, "node_modules/plain/node_modules/nested/a.js"))).toEqual(["nested 1.0.0"]);
});

test("a package that was published as one file is taken apart by its source map, and by what it depends on", () => {
  expect(names(join(root, "node_modules/@scope/whole/dist/index.js"))).toEqual([
    "@scope/whole 1.0.0",
    "generated 1.0.0",
    "inner 2.3.4",
  ]);
  expect(() => packagesOf(root, join(root, "node_modules/lost/dist/index.js"))).toThrow("holds nowhere");
});

test("a bundle with a package that must not be shipped is not built", () => {
  const plugin = bundledPackages(root);
  const generate = plugin.generateBundle;
  const done = plugin.writeBundle;
  if (typeof generate !== "function" || typeof done !== "function")
    throw new Error("the plugin has two hooks");
  const run = (id: string) => {
    // Rollup's own objects, of which the plugin reads these two fields.
    generate.call(
      {} as never,
      {} as never,
      { a: { type: "chunk", moduleIds: [join(root, id)] } } as never,
      true,
    );
    void done.call({} as never, {} as never, {} as never);
  };
  expect(() => run("node_modules/plain/a.js")).not.toThrow();
  expect(() => run("node_modules/bound/a.js")).toThrow("bound 1.0.0 (AGPL-3.0-only)");
});
