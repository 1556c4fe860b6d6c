import { afterAll, beforeAll, expect, test } from "vitest";

import type { UserId } from "../../../shared/matrix/ids.ts";
import { buildStages, callOf, member, openWindow, startSfu, type Sfu, type Stages } from "./windows.ts";

const ALICE: UserId = "@alice:hs";
const BOB: UserId = "@bob:hs";
const PATIENCE = { timeout: 30_000, interval: 100 };

let sfu: Sfu;
let stages: Stages;

beforeAll(async () => {
  [sfu, stages] = await Promise.all([startSfu(), buildStages()]);
});
afterAll(async () => {
  await stages?.stop();
  await sfu?.stop();
});

test("whose grant makes no room waits for it, says so, and is in once somebody made it", async () => {
  sfu.fullAccess = false;
  const alice = await openWindow(ALICE, sfu, stages);
  const connection = () => alice.page.evaluate(() => stage.call.connection);
  try {
    await alice.tellCall(callOf("joined", [member(ALICE, true), member(BOB, false)]));
    await expect.poll(connection, PATIENCE).toBe("restricted");
    expect(await alice.reason(BOB)).toBe("sfu-restricted");

    // Bob's service may make the room; Alice's grants still do not.
    sfu.fullAccess = true;
    const grant = sfu.grant("bob");
    sfu.fullAccess = false;
    await grant;
    await expect.poll(connection, PATIENCE).toBe("connected");
    expect(await alice.reason(BOB)).not.toBe("sfu-restricted");
  } finally {
    await alice.close();
  }
});

test("an SFU that is gone is not taken for one without a room", async () => {
  sfu.fullAccess = true;
  const alice = await openWindow(ALICE, sfu, stages);
  const connection = () => alice.page.evaluate(() => stage.call.connection);
  try {
    await alice.tellCall(callOf("joined", [member(ALICE, true)]));
    await expect.poll(connection, PATIENCE).toBe("connected");
    await sfu.kill();
    await expect.poll(connection, PATIENCE).toBe("failed");
    // Its rooms went with it: a fresh grant makes ours anew, and nobody is told that they are restricted.
    const said = new Set<string>();
    await sfu.start();
    await expect
      .poll(async () => {
        const now = await connection();
        said.add(now);
        return now;
      }, PATIENCE)
      .toBe("connected");
    expect(said).not.toContain("restricted");
  } finally {
    await alice.close();
  }
});
