import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { build, preview } from "vite";

import { freePort } from "../../stack/ports.ts";

/** How Element Call writes its memberships: `compatibility` as state, which is its default, or `matrix_2_0` as sticky events. */
export const modes = ["compatibility", "matrix_2_0"] as const;
export type Mode = (typeof modes)[number];

export interface Site {
  readonly url: string;
  stop(): Promise<void>;
}

/** A picture that a test machine encodes beside all else that it does. */
const SMALL = { media_quality: { video: { max_resolution: 360, max_framerate: 15 } } };

/** Our host page, and the real Element Call beside it once for each of its modes, served from 127.0.0.1. */
export async function serveElementCall(): Promise<Site> {
  const outDir = await mkdtemp(join(tmpdir(), "carillon-element-call-"));
  const root = join(import.meta.dirname, "host");
  await build({
    root,
    configFile: false,
    logLevel: "error",
    build: { outDir, emptyOutDir: true, target: "chrome152", minify: false, chunkSizeWarningLimit: 20_000 },
  });
  const require = createRequire(import.meta.url);
  const dist = join(dirname(require.resolve("@element-hq/element-call-embedded/package.json")), "dist");
  for (const mode of modes) {
    const folder = join(outDir, mode);
    await mkdir(folder);
    await copyFile(join(dist, "index.html"), join(folder, "index.html"));
    await symlink(join(dist, "assets"), join(folder, "assets"), "junction");
    await writeFile(join(folder, "config.json"), JSON.stringify({ matrix_rtc_mode: mode, ...SMALL }));
  }
  const server = await preview({
    root,
    configFile: false,
    logLevel: "error",
    build: { outDir },
    preview: { host: "127.0.0.1", port: await freePort(), strictPort: true },
  });
  const [url] = server.resolvedUrls?.local ?? [];
  if (!url) throw new Error("Element Call is not served");
  return {
    url,
    stop: async () => {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
