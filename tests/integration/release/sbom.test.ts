import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";

import { manifest } from "../../../build/release/manifest.ts";
import { executable } from "../../host/fixtures/launch.ts";
import { runScript } from "./run-script.ts";

const { version: electron } = v.parse(
  v.object({ version: v.string() }),
  createRequire(import.meta.url)("electron/package.json"),
);
const packages = [
  { name: "valibot", version: "1.5.0", license: "MIT", purl: "pkg:npm/valibot@1.5.0" },
  {
    name: "@bufbuild/protobuf",
    version: "1.10.1",
    license: "(Apache-2.0 AND BSD-3-Clause)",
    purl: "pkg:npm/%40bufbuild/protobuf@1.10.1",
  },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-sbom-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Node as Electron is when it runs as Node: it prints what it is asked, with Electron's versions beside its own. */
function electronSaying(versions: Record<string, string>): NodeJS.ProcessEnv {
  const binary = join(folder, "bin/electron");
  mkdirSync(dirname(binary));
  writeFileSync(
    join(folder, "versions.cjs"),
    `for (const [name, value] of Object.entries(${JSON.stringify(versions)}))
       Object.defineProperty(process.versions, name, { value, enumerable: true });`,
  );
  writeFileSync(
    binary,
    `#!/bin/sh\n[ "$ELECTRON_RUN_AS_NODE" = 1 ] && exec "${process.execPath}" --require "${folder}/versions.cjs" "$@"\n`,
    { mode: 0o755 },
  );
  return { ELECTRON_OVERRIDE_DIST_PATH: dirname(binary) };
}

async function bill(list: unknown, env: NodeJS.ProcessEnv): Promise<unknown> {
  writeFileSync(join(folder, "packages.json"), JSON.stringify(list));
  await runScript("sbom.ts", [join(folder, "packages.json"), join(folder, "bom.json")], env);
  return JSON.parse(readFileSync(join(folder, "bom.json"), "utf8"));
}

/** What CycloneDX 1.6 requires of the parts that we write, and allows of their values. */
const component = v.strictObject({
  type: v.picklist(["application", "framework", "library", "platform"]),
  "bom-ref": v.pipe(v.string(), v.nonEmpty()),
  name: v.string(),
  version: v.string(),
  licenses: v.tuple([v.strictObject({ expression: v.string() })]),
  purl: v.optional(v.pipe(v.string(), v.regex(/^pkg:(npm|generic)\/[^@]+@\S+$/))),
  cpe: v.optional(v.pipe(v.string(), v.regex(/^cpe:2\.3:a(:[^:]+){10}$/))),
});
const cycloneDx = v.strictObject({
  bomFormat: v.literal("CycloneDX"),
  specVersion: v.literal("1.6"),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  metadata: v.strictObject({ component }),
  components: v.array(component),
  dependencies: v.array(v.strictObject({ ref: v.string(), dependsOn: v.array(v.string()) })),
});

test("the bill of materials is CycloneDX 1.6, and lists the packages, Electron, Chromium and Node.js", async () => {
  const env = electronSaying({ electron, chrome: "156.0.8078.100", node: "24.18.1" });
  const bom = v.parse(cycloneDx, await bill(packages, env));
  expect(bom.metadata.component).toMatchObject({ name: "Carillon", version: manifest.version });
  expect(bom.components.map(({ name, version }) => `${name} ${version}`)).toEqual([
    "valibot 1.5.0",
    "@bufbuild/protobuf 1.10.1",
    `electron ${electron}`,
    "chromium 156.0.8078.100",
    "node 24.18.1",
  ]);
  const refs = bom.components.map((one) => one["bom-ref"]);
  expect(new Set(refs).size).toBe(refs.length);
  expect(bom.dependencies).toEqual([{ ref: bom.metadata.component["bom-ref"], dependsOn: refs }]);
});

test("what the build listed is what is read", async () => {
  const env = electronSaying({ electron, chrome: "156.0.8078.100", node: "24.18.1" });
  const listed: unknown = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../../out/packages.json"), "utf8"),
  );
  const { components } = v.parse(cycloneDx, await bill(listed, env));
  expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(["matrix-js-sdk", "electron"]));
});

test("another Electron than the one that is packaged is refused", async () => {
  const env = electronSaying({ electron: "1.0.0", chrome: "156.0.8078.100", node: "24.18.1" });
  await expect(bill(packages, env)).rejects.toThrow("this is Electron 1.0.0");
});

test("the stand-in's Chromium is not taken for Electron's", async () => {
  const env = { ELECTRON_OVERRIDE_DIST_PATH: dirname(executable) };
  await expect(bill(packages, env)).rejects.toThrow("Electron's binary is not here");
});

test.each([[[]], [[{ name: "valibot" }]], ["packages"]])("%j is no list of packages", async (list) => {
  const env = electronSaying({ electron, chrome: "156.0.8078.100", node: "24.18.1" });
  await expect(bill(list, env)).rejects.toThrow("ValiError");
});
