/**
 * The process that is killed: a real client on the account store. Given a `Plan`, it tells its parent what it sees (`Report`) and
 * kills itself, as kill -9 does, where the plan says.
 */
import { ClientEvent, createClient, type MatrixClient } from "matrix-js-sdk";

import { quietGlobalSdkLog, sdkLog } from "../../../../electron/matrix/sdk-log.ts";
import { openAccountStore } from "../../../../electron/matrix/store/account-store.ts";

export interface Plan {
  readonly homeserver: string;
  readonly user: string;
  readonly device: string;
  readonly token: string;
  readonly file: string;
  /** Dies at a stage of its start, or when so many writing transactions since the first sync said that they are complete. */
  readonly die: Stage | number | null;
  /** Says which of these it cannot read, and why, once it can read the last of them. */
  readonly read: { readonly roomId: string; readonly eventIds: readonly string[] } | null;
}

export type Stage = "opened" | "crypto ready" | "sync asked" | "sync answered";

export type Report =
  | { readonly saw: "identity"; readonly ed25519: string; readonly curve25519: string }
  | { readonly saw: "sync"; readonly initial: boolean }
  | { readonly saw: "upload"; readonly deviceKeys: boolean; readonly status: number; readonly answer: string }
  | { readonly saw: "trouble"; readonly error: string }
  | { readonly saw: "unreadable"; readonly events: readonly string[] };

const plan: Plan = JSON.parse(process.argv[2] ?? "");
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const report = (seen: Report) => process.send?.(seen);
const die = () => process.kill(process.pid, "SIGKILL");
const reach = (stage: Stage) => stage === plan.die && die();

let asked = false;
let answered = false;

quietGlobalSdkLog(silent);
const trouble = (error: unknown) => report({ saw: "trouble", error: String(error) });
const store = await openAccountStore(plan.file, { onFull: () => {}, onFailure: trouble });
reach("opened");
const client = createClient({
  baseUrl: plan.homeserver,
  accessToken: plan.token,
  userId: plan.user,
  deviceId: plan.device,
  store: store.syncStore,
  fetchFn: store.wrapFetch(watchedFetch),
  logger: sdkLog(silent),
});
await store.start(client, new Uint8Array(32).fill(7));
const keys = await client.getCrypto()?.getOwnDeviceKeys();
report({ saw: "identity", ed25519: keys?.ed25519 ?? "", curve25519: keys?.curve25519 ?? "" });
reach("crypto ready");
if (typeof plan.die === "number") countTransactions(plan.die);
client.on(ClientEvent.SyncUnexpectedError, trouble);
await client.startClient({ initialSyncLimit: 8 });
if (plan.read) report({ saw: "unreadable", events: await unreadable(client, plan.read) });

async function watchedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const isSync = url.pathname.endsWith("/v3/sync");
  if (isSync) {
    report({ saw: "sync", initial: !url.searchParams.has("since") });
    // Synapse gives the same answer to the same question for two minutes.
    if (!asked) url.searchParams.set("timeout", String(process.pid % 1000));
    asked = true;
    reach("sync asked");
  }
  const response = await fetch(url, init);
  if (isSync) {
    await response.clone().arrayBuffer();
    answered = true;
    reach("sync answered");
  }
  if (url.pathname.endsWith("/keys/upload")) {
    const deviceKeys = "device_keys" in JSON.parse(String(init?.body));
    report({ saw: "upload", deviceKeys, status: response.status, answer: await response.clone().text() });
  }
  return response;
}

function countTransactions(count: number): void {
  const { transaction } = IDBDatabase.prototype;
  let left = count;
  IDBDatabase.prototype.transaction = function (...args) {
    const tx = transaction.apply(this, args);
    if (tx.mode !== "readonly") tx.addEventListener("complete", () => answered && --left === 0 && die());
    return tx;
  };
}

/** To-device messages come in order, so when the last event's key is here, all keys that will come are. */
async function unreadable(
  client: MatrixClient,
  { roomId, eventIds }: NonNullable<Plan["read"]>,
): Promise<readonly string[]> {
  while (await whyUnreadable(client, roomId, eventIds.at(-1) ?? "")) await nextSync(client);
  const reasons = await Promise.all(eventIds.map((id) => whyUnreadable(client, roomId, id)));
  return reasons.filter((reason) => reason !== null);
}

async function whyUnreadable(client: MatrixClient, roomId: string, eventId: string): Promise<string | null> {
  const event = client.getEventMapper({ decrypt: false })(await client.fetchRoomEvent(roomId, eventId));
  await client.decryptEventIfNeeded(event);
  if (event.isDecryptionFailure()) return `${eventId}: ${event.decryptionFailureReason}`;
  if (!event.isEncrypted()) return `${eventId}: was never encrypted`;
  return typeof event.getContent()["body"] === "string"
    ? null
    : `${eventId}: ${JSON.stringify(event.getContent())}`;
}

function nextSync(client: MatrixClient): Promise<void> {
  return new Promise((resolve) => client.once(ClientEvent.Sync, () => resolve()));
}
