import { expect, test } from "vitest";

import { ALICE, BOB, openCallWindow, PATIENCE, useSfu } from "./scene.ts";
import { callOf, member } from "./windows.ts";

const scene = useSfu();

test("whose grant makes no room waits for it, says so, and is in once somebody made it", async () => {
  const sfu = scene.sfu();
  sfu.fullAccess = false;
  const alice = await openCallWindow(ALICE);
  const connection = () => alice.page.evaluate(() => stage.call.connection);
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
});

test("an SFU that is gone is not taken for one without a room", async () => {
  const sfu = scene.sfu();
  sfu.fullAccess = true;
  const alice = await openCallWindow(ALICE);
  const connection = () => alice.page.evaluate(() => stage.call.connection);
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
});
