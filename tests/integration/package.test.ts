import { execFile } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
let folder = "";

/** As Electron's `fuses`: a sentence to find it by, version 1, then how many there are and the state of each. */
const FUSES = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
const WIRE = Buffer.concat([Buffer.from(FUSES), Buffer.from([1, 9]), Buffer.from("101100010")]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "carillon-package-"));
  const electron = join(folder, "electron");
  stubElectron(electron);
  const builder = join(root, "node_modules/electron-builder/cli.js");
  const args = ["--linux", "--dir", "--publish", "never", "--projectDir", root];
  const options = [`electronDist=${electron}`, `directories.output=${join(folder, "dist")}`];
  await promisify(execFile)(
    process.execPath,
    [builder, ...args, ...options.map((option) => `-c.${option}`)],
    {
      cwd: root,
    },
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What electron-builder needs of Electron's folder, without Electron. */
function stubElectron(at: string): void {
  const version = readFileSync(join(root, "node_modules/electron/package.json"), "utf8");
  mkdirSync(join(at, "locales"), { recursive: true });
  mkdirSync(join(at, "resources"));
  writeFileSync(join(at, "electron"), WIRE, { mode: 0o755 });
  writeFileSync(join(at, "version"), (JSON.parse(version) as { version: string }).version);
  for (const name of ["LICENSE", "LICENSES.chromium.html", "locales/en-US.pak", "locales/de.pak"])
    writeFileSync(join(at, name), "");
}

type Entry = {
  readonly files?: Readonly<Record<string, Entry>>;
  readonly size?: number;
  readonly offset?: string;
};

/** An asar begins with two pickles, of 8 bytes each before the text, the second of which holds its table as JSON. */
function asar(file: string) {
  const handle = openSync(file, "r");
  const read = (length: number, at: number) => {
    const bytes = Buffer.alloc(length);
    readSync(handle, bytes, 0, length, at);
    return bytes;
  };
  const sizes = read(16, 0);
  const table = JSON.parse(read(sizes.readUInt32LE(12), 16).toString()) as Entry;
  const files = new Map<string, Entry>();
  const walk = (entry: Entry, path: string): void => {
    for (const [name, child] of Object.entries(entry.files ?? {}))
      walk(child, path ? `${path}/${name}` : name);
    if (!entry.files) files.set(path, entry);
  };
  walk(table, "");
  const start = 8 + sizes.readUInt32LE(4);
  return {
    names: [...files.keys()],
    content: (name: string) => {
      const entry = files.get(name);
      return read(entry?.size ?? 0, start + Number(entry?.offset));
    },
    close: () => closeSync(handle),
  };
}

const appAsar = () => join(folder, "dist/linux-unpacked/resources/app.asar");

test("a package holds what was built and nothing else", () => {
  const { names, close } = asar(appAsar());
  close();
  const built = ["main", "preload", "renderer"].flatMap((part) =>
    readdirSync(join(root, "out", part), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  expect(names.toSorted()).toEqual([...built, "package.json"].toSorted());
  expect(names.filter((name) => /\.(ts|svelte|map)$|node_modules|\btests?\b/.test(name))).toEqual([]);
});

test("the crypto wasm lies where the bundle looks for it, whole", () => {
  const { content, close } = asar(appAsar());
  const name = "out/main/pkg/matrix_sdk_crypto_wasm_bg.wasm";
  expect(content(name).equals(readFileSync(join(root, name)))).toBe(true);
  close();
});

test("its package.json starts what is in it, and asks for no package", () => {
  const { names, content, close } = asar(appAsar());
  const packaged = JSON.parse(content("package.json").toString()) as Record<string, unknown>;
  close();
  expect(names).toContain(String(packaged["main"]).replace("./", ""));
  expect(packaged).not.toHaveProperty("dependencies");
  expect(packaged).not.toHaveProperty("devDependencies");
  expect(packaged).not.toHaveProperty("scripts");
});

test("its binary runs this app only: as no Node, with no inspector, from no other file", () => {
  const binary = readFileSync(join(folder, "dist/linux-unpacked/carillon"), "latin1");
  const [, states = ""] = new RegExp(`${FUSES}\\x01.([01r]{8})`, "s").exec(binary) ?? [];
  const [runAsNode, cookies, nodeOptions, inspect, integrity, onlyAsar, snapshot, fileRights] = states;
  expect({ runAsNode, cookies, nodeOptions, inspect, integrity, onlyAsar, snapshot, fileRights }).toEqual({
    runAsNode: "0",
    cookies: "1",
    nodeOptions: "0",
    inspect: "0",
    integrity: "1",
    onlyAsar: "1",
    snapshot: "0",
    fileRights: "0",
  });
});
