import { join } from "node:path";

import { chromium } from "@playwright/test";
import { AccessToken } from "livekit-server-sdk";

import { browserOptions } from "./browser.ts";
import { sfuRoomName } from "../stack/authorization/identity.ts";
import type { Stack } from "../stack/stack.ts";

const dist = join(import.meta.dirname, "../../node_modules/livekit-client/dist");
const ORIGIN = "http://localhost";

export interface Watched {
  /** Video packets of the call that reached the watcher. */
  readonly packets: number;
  /** Pictures that it could make of them. */
  readonly framesDecoded: number;
}

/**
 * Somebody who got onto the SFU without being in the call (a curious operator, say): they receive every track, with the E2EE worker on and
 * no key. Resolves once they received `packets` video packets.
 */
export async function watchSfu(stack: Pick<Stack, "sfu">, roomId: string, packets = 300): Promise<Watched> {
  const { url, token } = await grantOfEve(stack, roomId, "DECODER");
  const browser = await chromium.launch(browserOptions());
  try {
    const page = await browser.newPage();
    await page.route(`${ORIGIN}/**`, (route) =>
      route.request().url().endsWith("worker.js")
        ? route.fulfill({ path: join(dist, "livekit-client.e2ee.worker.js"), contentType: "text/javascript" })
        : route.fulfill({ body: "<!doctype html>", contentType: "text/html" }),
    );
    await page.goto(ORIGIN);
    await page.addScriptTag({ path: join(dist, "livekit-client.umd.js") });
    return await page.evaluate(watch, { url, jwt: token, packets });
  } finally {
    await browser.close();
  }
}

/** What lets somebody onto the SFU's room of a call without being in the call. */
export async function grantOfEve(
  { sfu }: Pick<Stack, "sfu">,
  roomId: string,
  device = "READER",
): Promise<{ readonly url: string; readonly token: string }> {
  const token = new AccessToken(sfu.key, sfu.secret, { identity: `@eve:elsewhere:${device}` });
  token.addGrant({
    room: sfuRoomName(roomId, "m.call#ROOM"),
    roomJoin: true,
    canSubscribe: true,
    canPublish: false,
  });
  return { url: sfu.url, token: await token.toJwt() };
}

/** Runs in the page. */
async function watch({ url, jwt, packets }: { url: string; jwt: string; packets: number }): Promise<Watched> {
  // The library's bundle for pages sets this global; its types are those of the module.
  const { Room, RoomEvent, BaseKeyProvider } = (
    globalThis as unknown as { LivekitClient: typeof import("livekit-client") }
  ).LivekitClient;
  class NoKeys extends BaseKeyProvider {}
  const room = new Room({
    e2ee: {
      keyProvider: new NoKeys({ sharedKey: false, keyringSize: 256 }),
      worker: new Worker("/worker.js"),
    },
  });
  await room.setE2EEEnabled(true);
  const receivers: RTCRtpReceiver[] = [];
  room.on(RoomEvent.TrackSubscribed, (track) => {
    if (track.kind !== "video") return;
    document.body.append(track.attach());
    if (track.receiver) receivers.push(track.receiver);
  });
  await room.connect(url, jwt);
  return new Promise((resolve) => {
    const look = async () => {
      const reports = await Promise.all(receivers.map((receiver) => receiver.getStats()));
      const inbound = reports
        .flatMap((report) => [...report.values()])
        .filter(({ type }) => type === "inbound-rtp");
      const sum = (name: string) =>
        inbound.reduce((total: number, stats) => total + Number(stats[name] ?? 0), 0);
      if (sum("packetsReceived") < packets) setTimeout(() => void look(), 100);
      else resolve({ packets: sum("packetsReceived"), framesDecoded: sum("framesDecoded") });
    };
    void look();
  });
}
