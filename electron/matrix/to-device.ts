import { ConnectionError, EventType, HTTPError, type MatrixClient } from "matrix-js-sdk";
import type { CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";

import type { DeviceRef } from "../rtc/ports.ts";

type Batch = Awaited<ReturnType<CryptoApi["encryptToDeviceMessages"]>>["batch"];
export type ToDeviceClient = Pick<MatrixClient, "sendToDevice">;
export type ToDeviceCrypto = Pick<CryptoApi, "encryptToDeviceMessages">;

/** Olm-encrypted, each to the device that is named and no other. Resolves to those for whom it could not be encrypted. */
export async function sendEncrypted(
  client: ToDeviceClient,
  crypto: ToDeviceCrypto,
  { type, content }: { readonly type: string; readonly content: object },
  to: readonly DeviceRef[],
): Promise<readonly DeviceRef[]> {
  const messages = new Map<string, Map<string, Record<string, unknown>>>();
  for (const { userId, deviceId, payload } of await encrypt(crypto, type, content, to)) {
    const theirs = messages.get(userId) ?? new Map<string, Record<string, unknown>>();
    messages.set(userId, theirs.set(deviceId, payload));
  }
  if (messages.size > 0) await client.sendToDevice(EventType.RoomMessageEncrypted, messages);
  return to.filter(({ user, device }) => !messages.get(user)?.has(device));
}

/** All at once; where one of them has no session and can get none, which fails them all, each by itself. */
async function encrypt(
  crypto: ToDeviceCrypto,
  type: string,
  content: object,
  to: readonly DeviceRef[],
): Promise<Batch> {
  const devices = to.map(({ user, device }) => ({ userId: user, deviceId: device }));
  try {
    return (await crypto.encryptToDeviceMessages(type, devices, { ...content })).batch;
  } catch (error) {
    if (isRequest(error)) throw error;
  }
  const batch: Batch = [];
  for (const device of devices) {
    try {
      batch.push(...(await crypto.encryptToDeviceMessages(type, [device], { ...content })).batch);
    } catch (error) {
      // The server was not reached for a session: that is no word about the device.
      if (isRequest(error)) throw error;
    }
  }
  return batch;
}

const isRequest = (error: unknown): boolean => error instanceof HTTPError || error instanceof ConnectionError;
