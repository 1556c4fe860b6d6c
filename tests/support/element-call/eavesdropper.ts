import { join } from "node:path";

import type { Page } from "@playwright/test";
import { AccessToken } from "livekit-server-sdk";

import {
  legacyIdentity,
  legacySlotId,
  memberIdentity,
  sfuRoomName,
} from "../../stack/authorization/identity.ts";
import type { Stack } from "../../stack/stack.ts";
import type { SeenKey } from "./host/host.ts";

const dist = join(import.meta.dirname, "../../../node_modules/livekit-client/dist");
const ORIGIN = "http://localhost";

/** Somebody who stays on the SFU with the keys that a device had, and tries them on all that is sent there. */
export interface Eavesdropper {
  /**
   * How many pictures of each of these users could be made while this many further video packets of each came. Resolves only once they came, so
   * nothing decoded is never nothing sent.
   */
  decodes(users: readonly string[], packets: number): Promise<readonly number[]>;
}

/** Listens in a page of a browser of its own or the leaver's. */
export async function eavesdrop(
  page: Page,
  stack: Pick<Stack, "sfu">,
  roomId: string,
  seen: readonly SeenKey[],
): Promise<Eavesdropper> {
  const token = new AccessToken(stack.sfu.key, stack.sfu.secret, { identity: "@eve:elsewhere:EVE" });
  token.addGrant({
    room: sfuRoomName(roomId, legacySlotId),
    roomJoin: true,
    canSubscribe: true,
    canPublish: false,
  });
  // Whichever dialect a member speaks, one of their two identities is theirs.
  const keys = seen.flatMap(({ user, device, member, index, key }) =>
    [legacyIdentity(user, device), memberIdentity(user, device, member)].map((identity) => ({
      user,
      identity,
      index,
      key,
    })),
  );
  await page.route(`${ORIGIN}/**`, (route) =>
    route.request().url().endsWith("worker.js")
      ? route.fulfill({ path: join(dist, "livekit-client.e2ee.worker.js"), contentType: "text/javascript" })
      : route.fulfill({ body: "<!doctype html>", contentType: "text/html" }),
  );
  await page.goto(ORIGIN);
  await page.addScriptTag({ path: join(dist, "livekit-client.umd.js") });
  await page.evaluate(listen, { url: stack.sfu.url, jwt: await token.toJwt(), keys });
  return {
    decodes: (users, packets) => page.evaluate(decoded, { users, packets }),
  };
}

declare global {
  /** In the eavesdropper's page: who is received by what. */
  var received: Map<string, RTCRtpReceiver>;
}

interface Listening {
  readonly url: string;
  readonly jwt: string;
  readonly keys: readonly { user: string; identity: string; index: number; key: string }[];
}

/** Runs in the page. */
async function listen({ url, jwt, keys }: Listening): Promise<void> {
  // The library's bundle for pages sets this global; its types are those of the module.
  const { Room, RoomEvent, BaseKeyProvider } = (
    globalThis as unknown as { LivekitClient: typeof import("livekit-client") }
  ).LivekitClient;
  class Keys extends BaseKeyProvider {
    async set(identity: string, index: number, key: string): Promise<void> {
      const raw = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
      const use = ["deriveBits", "deriveKey"] as const;
      this.onSetEncryptionKey(await crypto.subtle.importKey("raw", raw, "HKDF", false, use), identity, index);
    }
  }
  const keyProvider = new Keys({ sharedKey: false, keyringSize: 256, ratchetWindowSize: 0 });
  const room = new Room({ e2ee: { keyProvider, worker: new Worker("/worker.js") } });
  await room.setE2EEEnabled(true);
  globalThis.received = new Map();
  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    if (track.kind !== "video" || !track.receiver) return;
    document.body.append(track.attach());
    const user = keys.find(({ identity }) => identity === participant.identity)?.user;
    received.set(user ?? participant.identity, track.receiver);
  });
  await room.connect(url, jwt);
  for (const { identity, index, key } of keys) await keyProvider.set(identity, index, key);
}

/** Runs in the page. */
async function decoded({
  users,
  packets,
}: {
  users: readonly string[];
  packets: number;
}): Promise<readonly number[]> {
  const look = async (user: string) => {
    const reports: RTCInboundRtpStreamStats[] = [...((await received.get(user)?.getStats())?.values() ?? [])];
    const inbound = reports.find(({ type }) => type === "inbound-rtp");
    return { packets: inbound?.packetsReceived ?? 0, frames: inbound?.framesDecoded ?? 0 };
  };
  const counted = async (user: string): Promise<number> => {
    const first = await look(user);
    for (;;) {
      const now = await look(user);
      if (now.packets >= first.packets + packets) return now.frames - first.frames;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return Promise.all(users.map(counted));
}
