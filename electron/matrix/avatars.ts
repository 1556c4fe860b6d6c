import type { MatrixClient } from "matrix-js-sdk";

const PREFIX = "/avatar/";
const SIZE_PX = 192;
const KEPT = 500;
const IMAGE = /^image\/(png|jpeg|gif|webp|avif)$/;
/** `mxc://server/media` as the specification allows it, so that a hostile one names no other path. */
const MXC = /^mxc:\/\/((?!\.+\/)[\w.:[\]-]+)\/([\w-]+)$/;

/**
 * Where a window finds the picture: a path of its own origin, so that it needs no token and reaches no server. Null for whatever
 * else people write there: the SDK hands it on as it is and calls it a string.
 */
export function avatarUrl(mxc: unknown): string | null {
  const [, server, media] = (typeof mxc === "string" && MXC.exec(mxc)) || [];
  return server && media ? `${PREFIX}${server}/${media}` : null;
}

export interface Picture {
  readonly type: string;
  readonly bytes: ArrayBuffer;
}

/** Thumbnails by authenticated media (client-server API 1.11), kept in memory. */
export class Avatars {
  readonly #pictures = new Map<string, Promise<Picture | null>>();
  readonly #client: MatrixClient;
  readonly #fetch: typeof fetch;

  constructor(client: MatrixClient, fetch: typeof globalThis.fetch) {
    this.#client = client;
    this.#fetch = fetch;
  }

  /** The picture behind a path made by `avatarUrl`; null where there is none, or it is no image. */
  get(path: string): Promise<Picture | null> {
    const mxc = path.startsWith(PREFIX) ? `mxc://${path.slice(PREFIX.length)}` : "";
    if (!MXC.test(mxc)) return Promise.resolve(null);
    const known = this.#pictures.get(mxc);
    if (known) return known;
    const picture = this.#load(mxc).catch(() => {
      // Asked again next time: the network may be back.
      this.#pictures.delete(mxc);
      return null;
    });
    this.#pictures.set(mxc, picture);
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > KEPT && oldest) this.#pictures.delete(oldest);
    return picture;
  }

  async #load(mxc: string): Promise<Picture | null> {
    const url = this.#client.mxcUrlToHttp(mxc, SIZE_PX, SIZE_PX, "crop", false, true, true);
    if (!url) return null;
    const response = await this.#fetch(url, {
      credentials: "omit",
      headers: { authorization: `Bearer ${this.#client.getAccessToken()}` },
    });
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    return response.ok && IMAGE.test(type) ? { type, bytes: await response.arrayBuffer() } : null;
  }
}
