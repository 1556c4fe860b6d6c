import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";

import { FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { at } from "../../../build/package/app-id.ts";
import { budget } from "../../../build/package/budget.ts";
import {
  contentFaults,
  fileHash,
  headerHash,
  readAsar,
  secretFaults,
  sizeFaults,
  type Files,
} from "../../../build/package/contents.ts";
import { fuseFaults, OFF, ON } from "../../../build/package/fuses.ts";
import { entryFaults, packageFaults } from "../../../build/package/linux.ts";
import { entitlementFaults, infoFaults, readPlist } from "../../../build/package/mac.ts";
import { installerFaults, programFaults } from "../../../build/package/windows.ts";
import { appImageEntry, buildAll, type Builds } from "../../package/builds.ts";

// Each test says first that what was built is right, and then that the same look sees it broken.
const root = resolve(import.meta.dirname, "../../..");
const read = (...path: string[]) => readFileSync(join(...path));
let folder = "";
let builds: Builds;
let packed: Files;
let built: Files;
const version = String(JSON.parse(read(root, "package.json").toString()).version);

const filesIn = (part: string): string[] =>
  readdirSync(join(root, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
const parts = ["out/main", "out/preload", "out/renderer"];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "carillon-package-"));
  built = new Map(parts.flatMap(filesIn).map((path) => [path, read(root, path)]));
  builds = await buildAll(folder);
  packed = readAsar(join(builds.linux, "resources/app.asar"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What was built, but for one file, which is gone where nothing is put in its place. */
function broken(files: Files, path: string, text?: string): Files {
  const others = [...files].filter(([name]) => name !== path);
  return new Map(text === undefined ? others : [...others, [path, Buffer.from(text)]]);
}

describe("the asar", () => {
  test("holds what was built and nothing else", () => {
    expect(contentFaults(packed, built)).toEqual([]);
    const wasm = "out/main/pkg/matrix_sdk_crypto_wasm_bg.wasm";
    expect(contentFaults(broken(packed, wasm), built)).toEqual([`${wasm} is missing`]);
    expect(contentFaults(broken(packed, wasm, "cut"), built)).toEqual([`${wasm} is not as it was built`]);
    expect(contentFaults(broken(packed, "electron/main.ts", ""), built)).toEqual([
      "electron/main.ts was not built",
      "electron/main.ts is for developers",
    ]);
    const map = "out/main/main.js.map";
    expect(contentFaults(broken(packed, map, "{}"), broken(built, map, "{}"))).toEqual([
      `${map} is for developers`,
    ]);
    const manifest = '{ "main": "./out/main/other.js", "scripts": {}, "dependencies": {} }';
    expect(contentFaults(broken(packed, "package.json", manifest), built)).toEqual([
      "package.json starts out/main/other.js, which is missing",
      "package.json has dependencies",
      "package.json has scripts",
    ]);
  });

  test("holds no secret, and nothing of the machine that built it", () => {
    const places = [root];
    expect(secretFaults(packed, places)).toEqual([]);
    const main = packed.get("out/main/main.js")?.toString("latin1") ?? "";
    // Put together here, so that no scanner takes this file for one that holds them.
    const secrets = {
      "a private key": `-----BEGIN RSA ${"PRIVATE"} KEY-----\n${"A".repeat(64)}`,
      "a token of a homeserver": `"${"syt"}_YWxpY2U_aBcDeFgHiJkLmN_1a2b3c"`,
      "a token of GitHub or npm": `"${"ghp"}_${"a1".repeat(18)}"`,
      "a key of Amazon's": `"${"AKIA"}${"A1".repeat(8)}"`,
      "a signed token": `"${"eyJ"}${"a".repeat(20)}.${"eyJ"}${"b".repeat(20)}.${"c".repeat(30)}"`,
    };
    for (const [what, text] of Object.entries(secrets))
      expect(secretFaults(new Map([["a.js", Buffer.from(main + text)]]), places)).toEqual([
        `a.js holds ${what}`,
      ]);
    const place = Buffer.from(`"${root}/electron/main.ts"`);
    expect(secretFaults(new Map([["a.js", place]]), [root])).toEqual(["a.js names a folder of this machine"]);
  });

  test("is byte for byte the same on every system and architecture", () => {
    const resources = [builds.linux, builds.windows, builds.again].map((each) => join(each, "resources"));
    const asars = [...resources, join(builds.mac, "Contents/Resources")].map((each) =>
      join(each, "app.asar"),
    );
    expect(new Set(asars.map(fileHash)).size).toBe(1);
    expect(new Set([...asars, builds.deb].map(fileHash)).size).toBe(2);
  });

  test("is no larger than its budget, nor is any part of it", () => {
    const sum = (part: string) =>
      filesIn(part).reduce((sum, path) => sum + statSync(join(root, path)).size, 0);
    const sizes = {
      "app.asar": statSync(join(builds.linux, "resources/app.asar")).size,
      ...Object.fromEntries(parts.map((part) => [part, sum(part)])),
    };
    expect(sizeFaults(sizes, budget)).toEqual([]);
    expect(budget["app.asar"]).toBeLessThanOrEqual(12_000_000);
    expect(sizeFaults(sizes, { ...budget, "app.asar": 1000 })).toEqual([
      expect.stringMatching(/^app.asar has \d+ bytes, more than 1000$/),
    ]);
    expect(sizeFaults({ ...sizes, more: 0 }, budget)).toEqual([expect.stringContaining("what has a budget")]);
  });
});

test("its binary runs this app only, on every system: as no Node, with no inspector, from no other file", async () => {
  const binaries = [join(builds.linux, "carillon"), join(builds.windows, "Carillon.exe"), builds.mac];
  for (const binary of binaries) {
    const wire = await getCurrentFuseWire(binary);
    expect(fuseFaults(wire)).toEqual([]);
    for (const fuse of Array.from({ length: 8 }, (_, index) => index)) {
      const turned = {
        ...wire,
        [fuse]: at(wire, String(fuse)) === ON ? OFF : ON,
      };
      expect(fuseFaults(turned)).toEqual([expect.stringContaining(`${FuseV1Options[fuse]} is`)]);
    }
  }
  expect(fuseFaults({})).toHaveLength(8);
});

function packedInDeb(path: string): string {
  const input = execFileSync("dpkg-deb", ["--fsys-tarfile", builds.deb], { maxBuffer: 1 << 27 });
  return execFileSync("tar", ["-xO", path], { input }).toString();
}

test("Linux's desktops know its name, its links, its icon and its actions", () => {
  const name = "im.carillon.Carillon.desktop";
  const entry = packedInDeb(`./usr/share/applications/${name}`);
  expect(entryFaults(name, entry)).toEqual([]);
  expect(entryFaults("carillon.desktop", entry)).toEqual([expect.stringMatching(/^name is/)]);
  for (const key of ["StartupWMClass", "Exec", "Icon", "Categories", "MimeType", "Actions"]) {
    const line = new RegExp(`^${key}=.*$`, "m");
    expect(entryFaults(name, entry.replace(line, "")), key).toEqual([
      `${key} is missing, not ${expectedOf(entry, key)}`,
    ]);
  }
  expect(entryFaults(name, entry.replace("--new-call", "--quit"))).toEqual([
    expect.stringMatching(/^the action new-call is/),
  ]);
  expect(entryFaults(name, entry.replace("carillon --quit", "carillon"))).toEqual([
    expect.stringMatching(/^the action quit is/),
  ]);
  expect(entryFaults(name, entry.replace("Name=Quit", "Name="))).toEqual([
    expect.stringMatching(/^names of actions is/),
  ]);
});

test("an AppImage's desktop entry starts what is in it, from wherever it lies", async () => {
  const { name, entry } = await appImageEntry(folder);
  // It is the same but for the program.
  const asInstalled = entry.replaceAll("=AppRun", "=/opt/Carillon/carillon").replace(/ {2}%U/, " %U");
  expect(entryFaults(name, asInstalled)).toEqual([]);
  expect(entry.match(/^Exec=.*$/gm)).toEqual([
    "Exec=AppRun %U",
    "Exec=AppRun --new-call",
    "Exec=AppRun --quit",
  ]);
});

const expectedOf = (entry: string, key: string) =>
  JSON.stringify(new RegExp(`^${key}=(.*)$`, "m").exec(entry)?.[1]);

test("deb and rpm are named after version and architecture, ask for what Electron needs, and keep to their places", () => {
  expect(readdirSync(join(folder, "dist")).filter((name) => /\.(deb|rpm)$/.test(name))).toEqual([
    basename(builds.deb),
    basename(builds.rpm),
  ]);
  const field = (name: string) => execFileSync("dpkg-deb", ["--field", builds.deb, name]).toString().trim();
  const places = execFileSync("dpkg-deb", ["--contents", builds.deb])
    .toString()
    .split("\n")
    .flatMap((line) => /^-\S+ .* \.(\/\S+)$/.exec(line)?.[1] ?? []);
  const deb = { depends: field("Depends").split(", "), places };
  expect([field("Package"), field("Version"), field("Architecture")]).toEqual(["carillon", version, "amd64"]);
  expect(packageFaults("deb", deb)).toEqual([]);

  const args = JSON.parse(read(builds.rpm).toString()) as string[];
  const rpm = {
    depends: args.filter((_, index) => args[index - 1] === "-d"),
    places: args.flatMap((arg) => /^\/.*=(\/.*)$/.exec(arg)?.[1] ?? []),
  };
  expect(packageFaults("rpm", rpm)).toEqual([]);

  for (const [kind, one] of [
    ["deb", deb],
    ["rpm", rpm],
  ] as const) {
    const lacking = { ...one, depends: one.depends.filter((name) => !/gbm/.test(name)) };
    expect(packageFaults(kind, lacking)).toEqual([expect.stringMatching(/^it does not ask for .*gbm/)]);
    const bare = {
      ...one,
      places: one.places.filter((place) => !place.endsWith("512x512/apps/carillon.png")),
    };
    expect(packageFaults(kind, bare)).toEqual([expect.stringMatching(/^nothing lies at .*512x512/)]);
    const loose = { ...one, places: [...one.places, "/etc/cron.d/carillon"] };
    expect(packageFaults(kind, loose)).toEqual(["/etc/cron.d/carillon is no place for it"]);
  }
});

test("a deb says what it came as and where its updates are; without a place for them nothing is said", () => {
  const text = (name: string) => packedInDeb(`./opt/Carillon/resources/${name}`);
  expect(text("package-type")).toBe("deb");
  expect(text("app-update.yml")).toContain("url: https://updates.invalid/");
  expect(read(root, "electron-builder.yml").toString()).toMatch(/^publish: null$/m);
});

test("macOS knows its name, its links and why it asks, and loads nothing without TLS", () => {
  const info = readPlist(read(builds.mac, "Contents/Info.plist").toString()) as Record<string, unknown>;
  const hash = headerHash(join(builds.mac, "Contents/Resources/app.asar"));
  expect(infoFaults(info, { version, hash })).toEqual([]);
  const wrong: Record<string, unknown> = {
    identifier: { CFBundleIdentifier: "com.github.Electron" },
    version: { CFBundleShortVersionString: "0.0.0" },
    icon: { CFBundleIconFile: "electron.icns" },
    category: { LSApplicationCategoryType: "" },
    schemes: { CFBundleURLTypes: [{ CFBundleURLSchemes: ["carillon"] }] },
    "loads without TLS": { NSAppTransportSecurity: { NSAllowsArbitraryLoads: true } },
    "exceptions from TLS": {
      NSAppTransportSecurity: { NSAllowsArbitraryLoads: false, NSExceptionDomains: { localhost: {} } },
    },
    integrity: { ElectronAsarIntegrity: {} },
    "no words for Camera": { NSCameraUsageDescription: "" },
    "no words for Microphone": { NSMicrophoneUsageDescription: "" },
    "no words for AudioCapture": { NSAudioCaptureUsageDescription: "This app needs access." },
    "no words for ScreenCapture": { NSScreenCaptureUsageDescription: undefined },
  };
  for (const [what, change] of Object.entries(wrong))
    expect(infoFaults(Object.assign({}, info, change), { version, hash }), what).toEqual([
      expect.stringContaining(what),
    ]);
  const rights = readPlist(read(root, "build/package/entitlements.plist").toString()) as object;
  expect(entitlementFaults(rights)).toEqual([]);
  expect(
    entitlementFaults({ ...rights, "com.apple.security.cs.disable-library-validation": true }),
  ).toHaveLength(1);
});

test("Windows knows whose program it is, with which icon and which asar, and which links it opens", () => {
  const exe = read(builds.windows, "Carillon.exe");
  const hash = headerHash(join(builds.windows, "resources/app.asar"));
  expect(programFaults(exe, { version, hash })).toEqual([]);
  expect(programFaults(exe, { version, hash: "0".repeat(64) })).toEqual([
    expect.stringMatching(/^integrity is/),
  ]);
  expect(programFaults(exe, { version: "9.9.9", hash })).toEqual([expect.stringMatching(/^version is/)]);
  const bare = read(folder, "electron/win32/electron.exe");
  expect(programFaults(bare, { version, hash }).map((fault) => fault.split(" is ")[0])).toEqual([
    "integrity",
    "name",
    "version",
    "company",
    "sizes of the icon",
  ]);

  const script = read(root, "build/package/installer.nsh").toString();
  expect(installerFaults(script)).toEqual([]);
  const lines = script
    .split("\n")
    .filter((line) => /^\s+(WriteRegStr .*(URL Protocol|command)|DeleteReg|!insertmacro)/.test(line));
  expect(lines).toHaveLength(8);
  for (const line of lines) expect(installerFaults(script.replace(line, "")), line).toHaveLength(1);
});

test("what others made is shipped with its licences", () => {
  for (const resources of [
    join(builds.linux, "resources"),
    join(builds.windows, "resources"),
    join(builds.mac, "Contents/Resources"),
  ]) {
    const text = read(resources, "THIRD-PARTY.txt").toString();
    const packages = JSON.parse(read(root, "out/packages.json").toString()) as {
      name: string;
      version: string;
    }[];
    expect(packages.length).toBeGreaterThan(20);
    expect(packages.filter(({ name, version }) => !text.includes(`\n${name} ${version} (`))).toEqual([]);
    expect(read(resources, "LICENSE.txt").equals(read(root, "LICENSE"))).toBe(true);
  }
  for (const name of ["LICENSE.electron.txt", "LICENSES.chromium.html"])
    expect(read(builds.linux, name).length).toBeGreaterThan(0);
});
