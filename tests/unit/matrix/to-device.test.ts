import { ConnectionError } from "matrix-js-sdk";
import { expect, test } from "vitest";

import {
  sendEncrypted,
  type ToDeviceClient,
  type ToDeviceCrypto,
} from "../../../electron/matrix/to-device.ts";

const message = { type: "io.element.call.encryption_keys", content: { secret: "key" } };
const [alice, bob, gone] = [
  { user: "@alice:hs", device: "A" },
  { user: "@bob:hs", device: "B" },
  { user: "@bob:hs", device: "GONE" },
] as const;

/** As the SDK: unknown devices are left out, and one without a session fails the whole batch. */
function setup({ unknown = [], sessionless = [] }: { unknown?: string[]; sessionless?: string[] } = {}) {
  const sent: { type: string; to: string[]; text: string }[] = [];
  let offline = false;
  const crypto: ToDeviceCrypto = {
    async encryptToDeviceMessages(eventType, devices, payload) {
      if (offline) throw new ConnectionError("no answer");
      if (devices.some(({ deviceId }) => sessionless.includes(deviceId))) throw new Error("MissingSession");
      const cipher = { ciphertext: Buffer.from(JSON.stringify(payload)).toString("base64") };
      const known = devices.filter(({ deviceId }) => !unknown.includes(deviceId));
      // Of the payload only that it is a record matters here.
      return { eventType, batch: known.map((device) => ({ ...device, payload: cipher as never })) };
    },
  };
  const client: ToDeviceClient = {
    async sendToDevice(type, messages) {
      const to = [...messages].flatMap(([user, devices]) =>
        [...devices.keys()].map((device) => `${user} ${device}`),
      );
      sent.push({ type, to, text: JSON.stringify([...messages].map(([, devices]) => [...devices])) });
      return {};
    },
  };
  return {
    sent,
    send: () => sendEncrypted(client, crypto, message, [alice, bob, gone]),
    goOffline: () => (offline = true),
  };
}

test("one request carries it to each device, encrypted", async () => {
  const { send, sent } = setup();
  expect(await send()).toEqual([]);
  expect(sent).toMatchObject([
    { type: "m.room.encrypted", to: ["@alice:hs A", "@bob:hs B", "@bob:hs GONE"] },
  ]);
  expect(sent[0]?.text).not.toContain("secret");
});

test("devices that nobody knows are told, and sent nothing", async () => {
  const { send, sent } = setup({ unknown: ["GONE"] });
  expect(await send()).toEqual([gone]);
  expect(sent).toMatchObject([{ to: ["@alice:hs A", "@bob:hs B"] }]);
});

test("a device with which there can be no session keeps it from nobody else", async () => {
  const { send, sent } = setup({ sessionless: ["GONE"] });
  expect(await send()).toEqual([gone]);
  expect(sent).toMatchObject([{ to: ["@alice:hs A", "@bob:hs B"] }]);
});

test("where nobody can be encrypted for nothing is sent; a request that failed is no word about devices", async () => {
  const none = setup({ sessionless: ["A", "B", "GONE"] });
  expect(await none.send()).toEqual([alice, bob, gone]);
  expect(none.sent).toEqual([]);
  const { send, goOffline, sent } = setup();
  goOffline();
  await expect(send()).rejects.toThrow(ConnectionError);
  expect(sent).toEqual([]);
});
