import { existsSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [WIDTH, HEIGHT, FPS, FRAMES] = [640, 360, 10, 10];

/** A light square on its way over a dark picture: YUV4MPEG2, which Chromium repeats without an end. */
function film(): Buffer {
  const side = HEIGHT / 4;
  const frames = Array.from({ length: FRAMES }, (_, at) => {
    const light = Buffer.alloc(WIDTH * HEIGHT, 90);
    const left = Math.round(((WIDTH - side) * at) / (FRAMES - 1));
    for (let row = side; row < 2 * side; row++)
      light.fill(200, row * WIDTH + left, row * WIDTH + left + side);
    const [blue, red] = [Buffer.alloc((WIDTH * HEIGHT) / 4, 130), Buffer.alloc((WIDTH * HEIGHT) / 4, 110)];
    return Buffer.concat([Buffer.from("FRAME\n"), light, blue, red]);
  });
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FPS}:1 Ip A1:1 C420\n`), ...frames]);
}

/** The path of a film for a fake camera; the same for all processes, each of which may be the first to ask. */
export function cameraFilm(): string {
  const path = join(tmpdir(), `carillon-camera-${WIDTH}x${HEIGHT}.y4m`);
  if (!existsSync(path)) {
    const made = `${path}.${process.pid}`;
    writeFileSync(made, film());
    renameSync(made, path);
  }
  return path;
}
