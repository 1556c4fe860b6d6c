// node build/release/sbom.ts <packages.json> <file>: writes the list of what is shipped (CycloneDX 1.6, JSON): the
// packages in the bundles, as their build listed them, and Electron with its Chromium and Node.js, of which only the
// binary itself knows the versions.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import * as v from "valibot";

import { electronBinary } from "../electron-binary.ts";
import { manifest } from "./manifest.ts";

const text = v.pipe(v.string(), v.nonEmpty());
const packages = v.pipe(
  v.array(v.object({ name: text, version: text, license: text, purl: text })),
  v.nonEmpty(),
);
const versions = v.object({ electron: text, chrome: text, node: text });

/** Asks Electron's binary; throws where the stand-in is in its place, which runs on another Chromium. */
function askElectron(): v.InferOutput<typeof versions> {
  const { path, standIn } = electronBinary();
  if (standIn) throw new Error("Electron's binary is not here: run npx install-electron");
  const answer = execFileSync(path, ["--print", "JSON.stringify(process.versions)"], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    encoding: "utf8",
  });
  const found = v.parse(versions, JSON.parse(answer));
  const { version } = v.parse(
    v.object({ version: text }),
    createRequire(import.meta.url)("electron/package.json"),
  );
  if (found.electron !== version) throw new Error(`this is Electron ${found.electron}, not ${version}`);
  return found;
}

const [, , list, file] = process.argv;
if (list === undefined || file === undefined) throw new Error("usage: sbom.ts <packages.json> <file>");

const licensed = (expression: string) => ({ licenses: [{ expression }] });
const { name, version, license, productName } = manifest;
const root = `pkg:npm/${name}@${version}`;
const { electron, chrome, node } = askElectron();
const bundled = v.parse(packages, JSON.parse(readFileSync(list, "utf8")));

const components = [
  ...bundled.map((one) => ({
    type: "library",
    "bom-ref": one.purl,
    name: one.name,
    version: one.version,
    ...licensed(one.license),
    purl: one.purl,
  })),
  {
    type: "framework",
    "bom-ref": `pkg:npm/electron@${electron}`,
    name: "electron",
    version: electron,
    ...licensed("MIT"),
    purl: `pkg:npm/electron@${electron}`,
  },
  // Lists of vulnerabilities know these two by their CPE.
  {
    type: "framework",
    "bom-ref": `pkg:generic/chromium@${chrome}`,
    name: "chromium",
    version: chrome,
    ...licensed("BSD-3-Clause"),
    cpe: `cpe:2.3:a:google:chrome:${chrome}:*:*:*:*:*:*:*`,
    purl: `pkg:generic/chromium@${chrome}`,
  },
  {
    type: "platform",
    "bom-ref": `pkg:generic/node@${node}`,
    name: "node",
    version: node,
    ...licensed("MIT"),
    cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
    purl: `pkg:generic/node@${node}`,
  },
];

const bom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    component: { type: "application", "bom-ref": root, name: productName, version, ...licensed(license) },
  },
  components,
  dependencies: [{ ref: root, dependsOn: components.map((one) => one["bom-ref"]) }],
};
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
