import { expect, test } from "vitest";

import { ALICE, BOB, hears, join, PATIENCE, seesMore, useSfu } from "./scene.ts";
import type { CallWindow } from "./windows.ts";

const { sfu } = useSfu();

/** What the tile of Bob said, one after the other, from when both saw each other. */
async function since(alice: CallWindow, act: () => Promise<void>) {
  const before = (await alice.reasons(BOB)).length;
  const at = await alice.page.evaluate(() => performance.now());
  await act();
  const said = async () => (await alice.reasons(BOB)).slice(before);
  return {
    words: async () => (await said()).map(({ reason }) => reason),
    /** Ms until Bob's tile said this. */
    after: async (reason: string | null) =>
      Math.round(((await said()).find((each) => each.reason === reason)?.at ?? NaN) - at),
  };
}

const print = (what: string, ms: number): boolean => process.stdout.write(`measured: ${what}: ${ms} ms\n`);

test("whoever is killed is shown as lost before the SFU knows of it, stays so, and comes back without a flicker", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE), hears(alice)]);
  const kill = await bob.killer();
  const { words, after } = await since(alice, async () => kill());
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBe("lost");
  // The SFU still has him: his tracks are there.
  expect(await alice.streams()).toBe(2);
  expect(await alice.page.evaluate(() => stage.call.connection)).toBe("connected");
  print("kill -9 until the tile says lost", await after("lost"));
  const again = await join(BOB, [ALICE]);
  await Promise.all([seesMore(again, ALICE), seesMore(alice, BOB)]);
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBeNull();
  expect(await words()).toEqual(["lost", null]);
});

test("whoever the SFU gives up after a kill stays lost, and is absent in the end", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  const kill = await bob.killer();
  const { words, after } = await since(alice, async () => kill());
  await expect.poll(() => alice.reason(BOB), { timeout: 90_000, interval: 200 }).toBe("absent");
  expect(await words()).toEqual(["lost", "absent"]);
  print("kill -9 until the tile says absent", await after("absent"));
});

test("whoever is muted and has no camera on is not lost, nor is one who has just turned it off", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  const { words } = await since(alice, () =>
    bob.page.evaluate(async () => {
      await stage.call.setMicrophone(false);
      await stage.call.setCamera(false);
    }),
  );
  await expect.poll(() => quietLooks(alice), PATIENCE).toBeGreaterThan(8);
  await bob.page.evaluate(() => stage.call.setCamera(true));
  await seesMore(alice, BOB);
  expect(await words()).toEqual([]);
});

test("a video that nobody looks at is not missed", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  const { words } = await since(alice, async () => {
    await bob.page.evaluate(() => stage.call.setMicrophone(false));
    await alice.page.evaluate(() =>
      document.querySelectorAll("video").forEach((each) => (each.hidden = true)),
    );
  });
  await expect.poll(() => quietLooks(alice), PATIENCE).toBeGreaterThan(8);
  await alice.page.evaluate(() =>
    document.querySelectorAll("video").forEach((each) => (each.hidden = false)),
  );
  await seesMore(alice, BOB);
  expect(await words()).toEqual([]);
});

test("an SFU that falls silent loses nobody: it is our connection that is to be had again", async () => {
  const [alice, bob] = await Promise.all([join(ALICE, [BOB]), join(BOB, [ALICE])]);
  await Promise.all([seesMore(alice, BOB), seesMore(bob, ALICE)]);
  const { words, after } = await since(alice, async () => sfu().pause());
  try {
    await expect.poll(() => alice.page.evaluate(() => stage.call.connection), PATIENCE).toBe("reconnecting");
    await expect.poll(() => alice.reason(BOB), PATIENCE).toBe("connecting");
    print("silence of the SFU until the window says so", await after("connecting"));
  } finally {
    sfu().resume();
  }
  await Promise.all([seesMore(alice, BOB), hears(alice)]);
  await expect.poll(() => alice.reason(BOB), PATIENCE).toBeNull();
  expect(await words()).not.toContain("lost");
});

/** How many spans of half a second passed in the page since media last came. */
const quietLooks = (window: CallWindow): Promise<number> =>
  window.page.evaluate(async () => {
    const received = async () => {
      const reports = await Promise.all(connections.map((connection) => connection.getStats()));
      return reports
        .flatMap((report): RTCInboundRtpStreamStats[] => [...report.values()])
        .reduce(
          (sum, { type, bytesReceived }) => sum + (type === "inbound-rtp" ? (bytesReceived ?? 0) : 0),
          0,
        );
    };
    let [looks, before] = [0, await received()];
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const now = await received();
      if (now !== before) return looks;
      [before, looks] = [now, looks + 1];
      if (looks > 8) return looks;
    }
  });
