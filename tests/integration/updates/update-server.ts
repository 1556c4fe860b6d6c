import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Served {
  readonly version: string;
  readonly bytes: Buffer;
  /** What the metadata says of the file, where that is not the truth. */
  readonly sha512?: string;
  /** Sends the file; whole, unless a test has it otherwise. */
  readonly send?: (response: ServerResponse, bytes: Buffer) => void;
}

export const sha512 = (bytes: Buffer): string => createHash("sha512").update(bytes).digest("base64");

/** A place of releases, as electron-builder lays it out: a page of YAML for each channel, files beside it. */
export class UpdateServer {
  readonly #server = createServer((request, response) => this.#answer(request.url ?? "", response));
  /** By channel. */
  readonly #releases = new Map<string, Served>();
  readonly asked: string[] = [];

  static async start(): Promise<UpdateServer> {
    const server = new UpdateServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    // Seam: what listens on TCP has an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(release: Served, channel = "latest"): void {
    this.#releases.set(channel, release);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #answer(url: string, response: ServerResponse): void {
    const { pathname } = new URL(url, "http://here");
    this.asked.push(pathname);
    const [, channel] = /^\/(\w+?)(?:-linux(?:-\w+)?)?\.yml$/.exec(pathname) ?? [];
    const page = channel === undefined ? undefined : this.#releases.get(channel);
    if (page) return void response.end(metadata(page));
    const file = [...this.#releases.values()].find(({ version }) => pathname === `/${fileOf(version)}`);
    if (!file) return void response.writeHead(404).end();
    const { bytes, send } = file;
    if (send) send(response, bytes);
    else response.end(bytes);
  }
}

const fileOf = (version: string) => `Carillon-${version}.AppImage`;

const metadata = ({ version, bytes, sha512: claimed = sha512(bytes) }: Served): string =>
  `version: ${version}
files:
  - url: ${fileOf(version)}
    sha512: ${claimed}
    size: ${bytes.length}
path: ${fileOf(version)}
sha512: ${claimed}
releaseDate: '2026-11-21T00:00:00.000Z'
releaseNotes: <p>Rings <b>louder</b>.</p>
`;
