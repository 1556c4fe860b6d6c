import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "electron-vite";
import type { Plugin } from "vite";

import { bundledPackages } from "./package/bundled.ts";

const root = resolve(import.meta.dirname, "..");
const at = (path: string) => resolve(root, path);
const WASM = "pkg/matrix_sdk_crypto_wasm_bg.wasm";

/** Everything is bundled, so a package holds no node_modules; the crypto wasm is read from beside the bundle. */
const wasmBesideBundle = (): Plugin => ({
  name: "wasm-beside-bundle",
  writeBundle(options) {
    const packed = createRequire(import.meta.url).resolve("@matrix-org/matrix-sdk-crypto-wasm");
    const target = resolve(options.dir ?? at("out/main"), WASM);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(resolve(dirname(packed), WASM), target);
  },
});

/** The system reads the pictures of tray and taskbar from files. */
const iconsBesideBundle = (): Plugin => ({
  name: "icons-beside-bundle",
  writeBundle(options) {
    cpSync(at("build/tray"), resolve(options.dir ?? at("out/main"), "tray"), { recursive: true });
  },
});

const packages = bundledPackages(root);

export default defineConfig({
  main: {
    plugins: [wasmBesideBundle(), iconsBesideBundle(), packages],
    build: {
      target: "node24",
      outDir: at("out/main"),
      externalizeDeps: false,
      minify: true,
      sourcemap: false,
      // One file of a megabyte is what a main process is.
      chunkSizeWarningLimit: 1500,
      // Chunks lie beside main.js: one of them looks for the wasm beside itself.
      rolldownOptions: { input: { main: at("electron/main.ts") }, output: { chunkFileNames: "[name].js" } },
    },
  },
  preload: {
    plugins: [packages],
    build: {
      outDir: at("out/preload"),
      externalizeDeps: false,
      // A sandboxed preload can load no second file and no ES module.
      isolatedEntries: true,
      rolldownOptions: {
        input: { preload: at("electron/preload.ts") },
        output: { format: "cjs", entryFileNames: "[name].cjs" },
      },
    },
  },
  renderer: {
    root: at("renderer"),
    plugins: [svelte({ configFile: false }), packages],
    worker: { format: "es", plugins: () => [packages] },
    build: {
      target: "chrome152",
      outDir: at("out/renderer"),
      emptyOutDir: true,
      minify: true,
      // Strict CSP: nothing is inlined.
      assetsInlineLimit: 0,
      // LiveKit is one piece of half a megabyte.
      chunkSizeWarningLimit: 800,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: {
          home: at("renderer/home/index.html"),
          call: at("renderer/call/index.html"),
          ring: at("renderer/ring/index.html"),
        },
      },
    },
  },
});
