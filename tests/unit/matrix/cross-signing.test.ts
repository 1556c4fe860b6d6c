import { createClient, type MatrixClient } from "matrix-js-sdk";
import { expect, test, vi } from "vitest";

import {
  cryptoOf,
  makeIdentity,
  publishedIdentity,
  settleIdentity,
} from "../../../electron/matrix/cross-signing.ts";
import type { Authorisation } from "../../../electron/matrix/interactive-auth.ts";
import { sdkLog } from "../../../electron/matrix/sdk-log.ts";
import { collectLog } from "../../support/collect-log.ts";

// Real crypto, which now and then waits a second for keys.
vi.setConfig({ testTimeout: 60_000 });

const ME = "@alice:hs.example.org";
const nobody: Authorisation = {
  user: ME,
  homeserver: "https://hs.example.org",
  password: null,
  browser: null,
  pause: () => Promise.resolve(),
};

/** A device with real crypto, and a homeserver that has what it was given of keys. */
async function device() {
  const server = {
    onUpload: "taken" as "taken" | "refused" | "taken, and said to be refused",
    /** It is gone once it had an identity to take. */
    dies: false,
    offline: false,
  };
  let [keys, signing]: [object, Record<string, object>] = [{}, {}];
  const client = createClient({
    baseUrl: "https://hs.example.org",
    userId: ME,
    deviceId: "DEVICE",
    accessToken: "token",
    logger: sdkLog(collectLog().log),
    fetchFn: async (input, init) => {
      const { pathname } = new URL(String(input));
      if (server.offline) throw new TypeError("fetch failed");
      const body = typeof init?.body === "string" ? JSON.parse(init.body) : {};
      if (pathname.endsWith("/keys/upload")) {
        keys = body.device_keys ?? keys;
        return json({ one_time_key_counts: { signed_curve25519: 50 } });
      }
      if (pathname.endsWith("/device_signing/upload")) {
        server.offline = server.dies;
        if (server.onUpload !== "refused") signing = body;
        // A lost answer would do too, but the SDK asks again for half a minute.
        return server.onUpload === "taken" ? json({}) : json({ errcode: "M_FORBIDDEN" }, 403);
      }
      if (pathname.endsWith("/keys/query"))
        return json({
          device_keys: { [ME]: { DEVICE: keys } },
          ...(signing["master_key"] && {
            master_keys: { [ME]: signing["master_key"] },
            self_signing_keys: { [ME]: signing["self_signing_key"] },
            user_signing_keys: { [ME]: signing["user_signing_key"] },
          }),
        });
      return pathname.includes("/room_keys/") ? json({ errcode: "M_NOT_FOUND" }, 404) : json({});
    },
  });
  await client.initRustCrypto({ useIndexedDB: false });
  // As a sync does: who has not asked for our own keys yet waits for them.
  await cryptoOf(client).userHasCrossSigningKeys();
  return { client, server };
}

const json = (body: object, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

/** Whether this device holds the private keys of the identity that it shows, and is signed by it. */
async function isWhole(client: MatrixClient): Promise<boolean> {
  const crypto = cryptoOf(client);
  const trust = await crypto.getDeviceVerificationStatus(ME, "DEVICE");
  const { privateKeysCachedLocally: held } = await crypto.getCrossSigningStatus();
  return trust?.crossSigningVerified === true && held.masterKey && held.selfSigningKey && held.userSigningKey;
}

async function withIdentity() {
  const { client, server } = await device();
  await makeIdentity(client, nobody);
  const first = await cryptoOf(client).getCrossSigningKeyId();
  expect(await publishedIdentity(client)).toBe(first);
  return { client, server, first, held: () => cryptoOf(client).getCrossSigningKeyId() };
}

test("a reset that the homeserver refuses leaves the identity of before", async () => {
  const { client, server, first, held } = await withIdentity();
  server.onUpload = "refused";
  await expect(makeIdentity(client, nobody)).rejects.toMatchObject({ code: "room-forbidden" });
  expect(await held()).toBe(first);
  expect(await isWhole(client)).toBe(true);
});

test("where the homeserver is gone after it, the refusal is what is told, and the keys are back as soon as it answers", async () => {
  const { client, server, first, held } = await withIdentity();
  server.onUpload = "refused";
  server.dies = true;
  await expect(makeIdentity(client, nobody)).rejects.toMatchObject({ code: "room-forbidden" });
  await expect(settleIdentity(client)).rejects.toThrow();
  server.offline = false;
  expect(await settleIdentity(client)).toBe("before");
  expect(await held()).toBe(first);
  expect(await isWhole(client)).toBe(true);
  expect(await settleIdentity(client)).toBeNull();
});

test("a second reset after one that broke off still has the keys of the first identity to go back to", async () => {
  const { client, server, first, held } = await withIdentity();
  server.onUpload = "refused";
  server.dies = true;
  await expect(makeIdentity(client, nobody)).rejects.toMatchObject({ code: "room-forbidden" });
  server.dies = false;
  server.offline = false;
  await expect(makeIdentity(client, nobody)).rejects.toMatchObject({ code: "room-forbidden" });
  expect(await held()).toBe(first);
  expect(await isWhole(client)).toBe(true);
});

test("a reset that was taken after all counts", async () => {
  const { client, server, first, held } = await withIdentity();
  server.onUpload = "taken, and said to be refused";
  server.dies = true;
  await expect(makeIdentity(client, nobody)).rejects.toMatchObject({ code: "room-forbidden" });
  server.offline = false;
  expect(await settleIdentity(client)).toBe("made");
  expect(await held()).not.toBe(first);
  expect(await publishedIdentity(client)).toBe(await held());
});
