import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import type { Row } from "./table.ts";

const out = join(import.meta.dirname, "../../out");

/** What the build made, as it lies in the package and as it would be compressed. */
export async function run(): Promise<Row[]> {
  return [
    ...rows("main process, JavaScript", scripts("main")),
    ...rows("main process, crypto as WebAssembly", ["main/pkg/matrix_sdk_crypto_wasm_bg.wasm"]),
    ...rows("preload", scripts("preload")),
    ...rows("home window", loaded("home")),
    ...rows("call window", loaded("call")),
    ...rows("call window's encryption worker", named(/worker.*\.js$/)),
  ];
}

function rows(name: string, files: readonly string[]): Row[] {
  const all = files.map((file) => readFileSync(join(out, file)));
  if (all.length === 0) throw new Error(`nothing was built for: ${name}`);
  const kib = (bytes: readonly Buffer[]) => bytes.reduce((sum, { length }) => sum + length, 0) / 1024;
  return [
    { name, unit: "KiB", values: [kib(all)] },
    { name: "  gzip", unit: "KiB", values: [kib(all.map((bytes) => gzipSync(bytes)))] },
  ];
}

const scripts = (folder: string): string[] =>
  readdirSync(join(out, folder))
    .filter((name) => /\.c?js$/.test(name))
    .map((name) => `${folder}/${name}`);

const named = (pattern: RegExp): string[] =>
  readdirSync(join(out, "renderer/assets"))
    .filter((name) => pattern.test(name))
    .map((name) => `renderer/assets/${name}`);

/** The page and what it names: its scripts, those they import, and its styles. */
function loaded(role: string): string[] {
  const page = `renderer/${role}/index.html`;
  const html = readFileSync(join(out, page), "utf8");
  const assets = [...html.matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map(
    ([, name]) => `renderer/assets/${name}`,
  );
  return [page, ...new Set(assets)];
}
