import { join } from "node:path";

import { chromium } from "@playwright/test";

import { browserOptions } from "./browser.ts";

const dist = join(import.meta.dirname, "../../node_modules/livekit-client/dist");
const ORIGIN = "http://localhost";

/** A key that the test knows, as the app was given it. */
export interface KnownKey {
  readonly index: number;
  readonly bytes: readonly number[];
}

/** What became of the frames of one kind of track. */
export interface Payloads {
  /** Whole and under a key that is known: AES-GCM says so, over all bytes but the few that stay clear for the SFU. */
  readonly sealed: number;
  /** Shaped as encrypted frames are (IV, its length, the key's index), under a key that is not known. */
  readonly shaped: number;
  /** Neither. */
  readonly open: number;
  /** Made by the SFU itself, for tracks that are muted or over. */
  readonly ofSfu: number;
}

/** Somebody on the SFU who reads what it forwards, byte by byte. */
export interface Reader {
  know(key: KnownKey): Promise<void>;
  /** Comes (again) with this grant, and keeps trying until it is in. */
  connect(grant: { readonly url: string; readonly token: string }): Promise<void>;
  /** By source: `camera`, `microphone`, `screen_share`. */
  read(source: string): Promise<Payloads>;
  /** Key indices that frames named so far. */
  indices(): Promise<readonly number[]>;
  close(): Promise<void>;
}

declare global {
  // In the reader's page.
  var reader: {
    readonly counts: Record<string, { sealed: number; shaped: number; open: number; ofSfu: number }>;
    readonly indices: Set<number>;
    know(key: KnownKey): Promise<void>;
    connect(grant: { readonly url: string; readonly token: string }): Promise<void>;
  };
}

export async function readSfu(): Promise<Reader> {
  const browser = await chromium.launch(browserOptions());
  const page = await browser.newPage();
  await page.route(`${ORIGIN}/**`, (route) =>
    route.fulfill({ body: "<!doctype html>", contentType: "text/html" }),
  );
  await page.goto(ORIGIN);
  await page.addScriptTag({ path: join(dist, "livekit-client.umd.js") });
  await page.evaluate(setUp);
  return {
    know: (key) => page.evaluate((known) => reader.know(known), key),
    connect: (grant) => page.evaluate((to) => reader.connect(to), grant),
    read: (source) =>
      page.evaluate((of) => reader.counts[of] ?? { sealed: 0, shaped: 0, open: 0, ofSfu: 0 }, source),
    indices: () => page.evaluate(() => [...reader.indices]),
    close: () => browser.close(),
  };
}

/** Runs in the page. */
function setUp(): void {
  // The library's bundle for pages sets this global; its types are those of the module.
  const { Room, RoomEvent } = (globalThis as unknown as { LivekitClient: typeof import("livekit-client") })
    .LivekitClient;
  const [IV, TRAILER] = [12, 2];
  type Frame = RTCEncodedVideoFrame | RTCEncodedAudioFrame;
  interface Streams {
    readonly readable: ReadableStream<Frame>;
    readonly writable: WritableStream<Frame>;
  }
  const keys: { readonly index: number; readonly key: CryptoKey }[] = [];
  const counts: (typeof reader)["counts"] = {};
  const indices = new Set<number>();
  const waiting = new WeakMap<RTCRtpReceiver, Promise<string>>();
  const told = new WeakMap<RTCRtpReceiver, (source: string) => void>();
  let sif = new Uint8Array();

  const verdict = async (frame: Frame): Promise<keyof (typeof counts)[string] | null> => {
    const data = new Uint8Array(frame.data);
    if (data.length === 0) return null;
    if (sif.length > 0 && sif.every((byte, at) => data[data.length - sif.length + at] === byte))
      return "ofSfu";
    const clear = frame instanceof RTCEncodedVideoFrame ? (frame.type === "key" ? 10 : 3) : 1;
    const end = data.length - TRAILER - IV;
    if (end < clear || data.at(-2) !== IV) return "open";
    const index = data.at(-1);
    if (index !== undefined) indices.add(index);
    const algorithm = {
      name: "AES-GCM",
      iv: data.slice(end, end + IV),
      additionalData: data.slice(0, clear),
    };
    for (const { key } of keys.filter((each) => each.index === index)) {
      const plain = await crypto.subtle.decrypt(algorithm, key, data.slice(clear, end)).catch(() => null);
      if (plain) return "sealed";
    }
    return "shaped";
  };

  const Native = RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, encodedInsertableStreams: true } as RTCConfiguration);
      this.addEventListener("track", ({ receiver }) => {
        if (waiting.has(receiver)) return;
        const { promise, resolve } = Promise.withResolvers<string>();
        waiting.set(receiver, promise);
        told.set(receiver, resolve);
        // Chromium's older interface, which the types do not know; the other one has no frames for the page itself.
        const { readable, writable } = (
          receiver as RTCRtpReceiver & { createEncodedStreams(): Streams }
        ).createEncodedStreams();
        const reading = new TransformStream<Frame, Frame>({
          transform: async (frame, controller) => {
            const what = await verdict(frame);
            const source = await promise;
            const count = (counts[source] ??= { sealed: 0, shaped: 0, open: 0, ofSfu: 0 });
            if (what) count[what] += 1;
            controller.enqueue(frame);
          },
        });
        void readable.pipeThrough(reading).pipeTo(writable);
      });
    }
  };

  globalThis.reader = {
    counts,
    indices,
    know: async ({ index, bytes }) => {
      const material = await crypto.subtle.importKey("raw", new Uint8Array(bytes), "HKDF", false, [
        "deriveKey",
      ]);
      const key = await crypto.subtle.deriveKey(
        {
          name: "HKDF",
          salt: new TextEncoder().encode("LKFrameEncryptionKey"),
          hash: "SHA-256",
          info: new ArrayBuffer(128),
        },
        material,
        { name: "AES-GCM", length: 128 },
        false,
        ["decrypt"],
      );
      keys.push({ index, key });
    },
    connect: async ({ url, token }) => {
      for (;;) {
        const room = new Room({ singlePeerConnection: false });
        room.on(RoomEvent.TrackSubscribed, (track, publication) => {
          if (track.kind === "video") document.body.append(track.attach());
          if (track.receiver) told.get(track.receiver)?.(publication.source);
        });
        room.on(RoomEvent.SignalConnected, () => {
          sif = new Uint8Array(room.engine.latestJoinResponse?.sifTrailer ?? []);
        });
        try {
          return await room.connect(url, token, { maxRetries: 0 });
        } catch {
          await room.disconnect();
          // Not there yet, maybe.
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    },
  };
}
