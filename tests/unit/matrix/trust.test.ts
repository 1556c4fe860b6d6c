import { DeviceVerificationStatus, UserVerificationStatus } from "matrix-js-sdk/lib/crypto-api/index.js";
import { Device } from "matrix-js-sdk/lib/models/device.js";
import { expect, test, vi } from "vitest";

import { CryptoTrust, type TrustCrypto } from "../../../electron/matrix/trust.ts";
import { collectLog } from "../../support/collect-log.ts";

const bob = "@bob:hs";

/** What crypto knows of Bob; `hold` makes it slow. */
function setup() {
  const devices = new Map<string, { signed: boolean }>();
  let status = new UserVerificationStatus(false, false, true);
  let [reads, failing] = [0, false];
  let held: Promise<void> = Promise.resolve();
  const crypto: TrustCrypto = {
    async getUserDeviceInfo([user = ""]) {
      reads++;
      const list = [...devices.keys()];
      await held;
      if (failing) throw new Error("the store is closed");
      const infos = list.map((deviceId) => {
        const keys = new Map([[`ed25519:${deviceId}`, `key of ${deviceId}`]]);
        return [deviceId, new Device({ deviceId, userId: user, algorithms: [], keys })] as const;
      });
      return new Map([[user, new Map(infos)]]);
    },
    getUserVerificationStatus: () => Promise.resolve(status),
    getUserCrossSigningKeys: (user) =>
      Promise.resolve({ master_key: { keys: { "ed25519:M": "M" }, usage: ["master"], user_id: user } }),
    getDeviceVerificationStatus: (_, device) => {
      const known = devices.get(device);
      return Promise.resolve(known ? new DeviceVerificationStatus({ signedByOwner: known.signed }) : null);
    },
  };
  const book = new CryptoTrust(crypto, collectLog().log);
  let told = 0;
  book.onChange(() => told++);
  return {
    devices,
    book,
    reads: () => reads,
    told: () => told,
    fail: (now: boolean) => (failing = now),
    become: (now: UserVerificationStatus) => (status = now),
    hold() {
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      return gate.resolve;
    },
    until: (trust: string | undefined, device = "A") =>
      vi.waitFor(() => expect(book.of(bob, device)?.trust).toBe(trust)),
  };
}

test("a question is answered by what is known, and begins the reading of what is not", async () => {
  const { devices, book, reads, told, until } = setup();
  devices.set("A", { signed: true });
  expect(book.of(bob, "A")).toBeNull();
  await until("signed");
  expect(book.of(bob, "A")).toEqual({ trust: "signed", fingerprint: "key of A", master: "M" });
  for (let frame = 0; frame < 1_000; frame++) book.of(bob, "A");
  expect([reads(), told()]).toEqual([1, 1]);
});

test("what changes is read again and told; what does not is not", async () => {
  const { devices, book, told, become, until } = setup();
  await until("unknown");
  devices.set("A", { signed: false });
  book.refresh(bob);
  await until("unverified");
  devices.set("A", { signed: true });
  become(new UserVerificationStatus(true, true, true));
  book.refreshAll();
  await until("verified");
  become(new UserVerificationStatus(false, true, true));
  book.refresh(bob);
  await until("changed");
  become(new UserVerificationStatus(false, false, true, true));
  const before = told();
  book.refresh(bob);
  book.refresh("@nobody:hs");
  devices.set("B", { signed: true });
  // Its answer comes after.
  await until("changed", "B");
  expect(told()).toBe(before + 1);
});

test("a change during a reading is not lost", async () => {
  const { devices, book, hold, until } = setup();
  const go = hold();
  expect(book.of(bob, "A")).toBeNull();
  devices.set("A", { signed: true });
  book.refresh(bob);
  go();
  await until("signed");
});

test("what cannot be read stays as it was, and is read at the next change", async () => {
  const { devices, book, fail, reads, until } = setup();
  devices.set("A", { signed: true });
  await until("signed");
  fail(true);
  book.refresh(bob);
  await vi.waitFor(() => expect(reads()).toBe(2));
  expect(book.of(bob, "A")?.trust).toBe("signed");
  fail(false);
  devices.delete("A");
  await vi.waitFor(() => {
    book.refresh(bob);
    expect(book.of(bob, "A")?.trust).toBe("unknown");
  });
});

test("made-up devices and people by the thousand are not followed all", async () => {
  const { devices, book, reads } = setup();
  for (let at = 0; at < 5_000; at++) devices.set(`${at}`, { signed: true });
  for (let at = 0; at < 5_000; at++) book.of(bob, `${at}`);
  await vi.waitFor(() => expect(book.of(bob, "0")?.trust).toBe("signed"));
  expect(reads()).toBeLessThan(60);
  expect([...devices.keys()].filter((device) => book.of(bob, device))).toHaveLength(50);
});
