import { createClient } from "matrix-js-sdk";
import type { RustCrypto } from "matrix-js-sdk/lib/rust-crypto/rust-crypto.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { hearOutgoing } from "../../../electron/matrix/identity-crypto-end.ts";
import { sdkLog } from "../../../electron/matrix/sdk-log.ts";
import { collectLog } from "../../support/collect-log.ts";

vi.setConfig({ testTimeout: 60_000 });

const unhandled: unknown[] = [];
const heard = (reason: unknown) => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", heard));
afterEach(() => void process.off("unhandledRejection", heard));

test("an account that closes while the SDK sends leaves nothing unhandled, and whoever waits is told", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const client = createClient({
    baseUrl: "https://hs.example.org",
    userId: "@alice:hs.example.org",
    deviceId: "DEVICE",
    accessToken: "token",
    logger: sdkLog(collectLog().log),
    fetchFn: (input) => {
      if (!String(input).includes("/v3/keys/"))
        return Promise.resolve(new Response(`{"errcode":"M_NOT_FOUND"}`, { status: 404 }));
      asked.resolve();
      return answer.promise;
    },
  });
  await client.initRustCrypto({ useIndexedDB: false });
  hearOutgoing(client);
  const { outgoingRequestsManager: outgoing } = client.getCrypto() as unknown as {
    outgoingRequestsManager: RustCrypto["outgoingRequestsManager"];
  };
  const sent = outgoing.doProcessOutgoingRequests();
  await asked.promise;
  // As its `RoomEncryptor` does.
  const left = outgoing.doProcessOutgoingRequests();
  client.stopClient();
  answer.resolve(new Response("{}"));
  await sent;
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(unhandled).toEqual([]);
  await expect(left).rejects.toThrow("stopped");
});
