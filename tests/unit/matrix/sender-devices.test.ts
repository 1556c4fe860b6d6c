import type { MatrixEvent } from "matrix-js-sdk";
import { Device } from "matrix-js-sdk/lib/models/device.js";
import { expect, test, vi } from "vitest";

import { SenderDevices, type SenderChanged } from "../../../electron/matrix/sender-devices.ts";
import type { UserId } from "../../../shared/matrix/ids.ts";

const BOB: UserId = "@bob:hs";
const EVE: UserId = "@eve:hs";

const event = (
  user: string | undefined,
  key: string | null,
): Pick<MatrixEvent, "getSender" | "getSenderKey"> => ({
  getSender: () => user,
  getSenderKey: () => key,
});

/** Whose devices crypto knows, by their identity keys. */
function setup(people: Record<UserId, Record<string, string>>) {
  let [reads, failing] = [0, false];
  const senders = new SenderDevices({
    getUserDeviceInfo([user = ""]) {
      reads++;
      if (failing) return Promise.reject(new Error("the store is closed"));
      const devices = Object.entries(people[user as UserId] ?? {}).map(([deviceId, key]) => {
        const keys = new Map([[`curve25519:${deviceId}`, key]]);
        return [deviceId, new Device({ deviceId, userId: user, algorithms: [], keys })] as const;
      });
      return Promise.resolve(new Map([[user, new Map(devices)]]));
    },
  });
  const told: SenderChanged[] = [];
  senders.onChange((changed) => told.push(changed));
  return { senders, told, reads: () => reads, fail: (now: boolean) => (failing = now) };
}

test("the device is known once the sender's devices are read, which is told, and they are read once", async () => {
  const { senders, told, reads } = setup({ [BOB]: { B: "key of B", C: "key of C" } });
  expect(senders.of(event(BOB, "key of B"))).toBeNull();
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told).toEqual([{ user: BOB, keys: new Set(["key of B", "key of C"]) }]);
  expect(senders.of(event(BOB, "key of B"))).toBe("B");
  expect(senders.of(event(BOB, "key of C"))).toBe("C");
  expect(reads()).toBe(1);
});

test("a key of somebody else's device, of none, or no key at all names no device", async () => {
  const { senders, told } = setup({ [BOB]: { B: "key of B" }, [EVE]: { E: "key of E" } });
  for (const user of [BOB, EVE]) senders.of(event(user, "any"));
  await vi.waitFor(() => expect(told).toHaveLength(2));
  expect(senders.of(event(EVE, "key of B"))).toBeNull();
  expect(senders.of(event(BOB, "any"))).toBeNull();
  expect(senders.of(event(BOB, null))).toBeNull();
  expect(senders.of(event(undefined, "key of B"))).toBeNull();
  expect(senders.of(event(EVE, "key of E"))).toBe("E");
});

test("a device that comes, goes or has another key is told when crypto says that something changed", async () => {
  const devices: Record<string, string> = { B: "old" };
  const { senders, told, reads, fail } = setup({ [BOB]: devices });
  senders.refresh(BOB);
  expect(reads()).toBe(0);
  senders.of(event(BOB, "old"));
  await vi.waitFor(() => expect(told).toHaveLength(1));

  fail(true);
  delete devices["B"];
  senders.refresh(BOB);
  await vi.waitFor(() => expect(reads()).toBe(2));
  expect(senders.of(event(BOB, "old"))).toBe("B");
  fail(false);
  devices["C"] = "new";
  senders.refresh(BOB);
  await vi.waitFor(() => expect(told).toHaveLength(2));
  expect(told[1]).toEqual({ user: BOB, keys: new Set(["old", "new"]) });
  expect(senders.of(event(BOB, "old"))).toBeNull();
  expect(senders.of(event(BOB, "new"))).toBe("C");

  // Nothing new, nothing told.
  senders.refresh(BOB);
  await vi.waitFor(() => expect(reads()).toBe(4));
  expect(told).toHaveLength(2);
});
