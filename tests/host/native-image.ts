import { existsSync, readFileSync } from "node:fs";

import { Modelled, modelled } from "./modelled.ts";

/** A PNG as it came; nothing is decoded or drawn. */
export class NativeImage extends Modelled<Record<never, never>> {
  readonly #png: Buffer;

  constructor(png: Buffer) {
    super();
    this.#png = png;
  }

  toPNG(): Buffer {
    return this.#png;
  }
  toDataURL(): string {
    return `data:image/png;base64,${this.#png.toString("base64")}`;
  }
  isEmpty(): boolean {
    return this.#png.length === 0;
  }
  /** Width and height stand at fixed places of a PNG's first chunk. */
  getSize(): { width: number; height: number } {
    if (this.#png.length < 24) return { width: 0, height: 0 };
    return { width: this.#png.readUInt32BE(16), height: this.#png.readUInt32BE(20) };
  }
  setTemplateImage(_on: boolean): void {
    // Only macOS draws with it.
  }
}

export const nativeImage = modelled("nativeImage", {
  createEmpty: () => new NativeImage(Buffer.alloc(0)),
  createFromBuffer: (png: Buffer) => new NativeImage(png),
  createFromPath: (path: string) => new NativeImage(existsSync(path) ? readFileSync(path) : Buffer.alloc(0)),
  createFromDataURL: (url: string) => new NativeImage(Buffer.from(url.split(",")[1] ?? "", "base64")),
});
