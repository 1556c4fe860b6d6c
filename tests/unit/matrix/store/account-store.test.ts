import { createClient, type IContent, type ISyncResponse, type MatrixClient } from "matrix-js-sdk";
import { expect, onTestFinished, test } from "vitest";

import { quietGlobalSdkLog, sdkLog } from "../../../../electron/matrix/sdk-log.ts";
import { AccountStore, openAccountStore } from "../../../../electron/matrix/store/account-store.ts";
import { factoryOf, newFile, open, openSmall, openThings, put } from "./stores.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
quietGlobalSdkLog(silent);

async function start(file: string, key = 7) {
  const store = await openAccountStore(file, { onFull: () => {} });
  onTestFinished(() => store.close());
  return { store, client: await startClient(store, key) };
}

async function startClient(store: AccountStore, key = 7): Promise<MatrixClient> {
  const client = createClient({
    baseUrl: "http://127.0.0.1:9",
    userId: "@alice:example.org",
    deviceId: "DEVICE",
    accessToken: "token",
    store: store.syncStore,
    fetchFn: store.wrapFetch(async () => Promise.reject(new TypeError("no network"))),
    logger: sdkLog(silent),
  });
  onTestFinished(() => client.stopClient());
  await store.start(client, new Uint8Array(32).fill(key));
  return client;
}

const nextBatch = (token: string, content: IContent = {}): ISyncResponse => ({
  next_batch: token,
  rooms: { join: {}, invite: {}, knock: {}, leave: {} },
  account_data: { events: [{ type: "org.example.data", content }] },
});

test("a restart keeps the device's keys and the sync token", async () => {
  const file = newFile();
  const before = await start(file);
  const keys = await before.client.getCrypto()?.getOwnDeviceKeys();
  await before.store.syncStore.setSyncData(nextBatch("s1"));
  before.client.stopClient();
  await before.store.close();

  const after = await start(file);
  expect(keys?.ed25519).toMatch(/^[\w+/]{43}$/);
  expect(await after.client.getCrypto()?.getOwnDeviceKeys()).toEqual(keys);
  expect(await after.store.syncStore.getSavedSyncToken()).toBe("s1");
});

test("crypto does not open with another key, and opens with the right one afterwards", async () => {
  const file = newFile();
  const { client, store } = await start(file);
  client.stopClient();
  await store.close();
  const other = await openAccountStore(file, { onFull: () => {} });
  await expect(startClient(other, 8)).rejects.toThrow();
  await other.close();
  expect((await start(file)).client.getCrypto()).toBeDefined();
});

test("a request waits until what was said to be complete is on disk", async () => {
  const db = await open(newFile(), { roomToWrite: async () => {} });
  const things = await openThings(factoryOf(db));
  const order: string[] = [];
  const fetch = new AccountStore(db).wrapFetch(async () => (order.push("sent"), Response.json({})));
  await fetch("http://example.org", { method: "PUT" });
  let sent: Promise<Response> | undefined;
  await db.batch(async () => {
    await put(things, "one", 1);
    sent = fetch("http://example.org", { method: "PUT" });
    await put(things, "two", 2);
    order.push("written");
  });
  await sent;
  expect(order).toEqual(["sent", "written", "sent"]);
});

test("a save that the disk has no room for is made up for by the next one", async () => {
  const { file, db, failures, limit } = await openSmall();
  const store = new AccountStore(db);
  const client = await startClient(store);
  await store.syncStore.setSyncData(nextBatch("s1"));
  await store.syncStore.save(true);
  limit(1);
  await store.syncStore.setSyncData(nextBatch("s2", { long: "x".repeat(100_000) }));
  await store.syncStore.save(true);
  expect(failures).toContain("disk-full");
  limit(10_000);
  await store.syncStore.setSyncData(nextBatch("s3"));
  await store.syncStore.save(true);
  client.stopClient();
  await db.close();
  expect(await (await start(file)).store.syncStore.getSavedSyncToken()).toBe("s3");
});
