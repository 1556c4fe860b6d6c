import { expect, test } from "vitest";

import { CallKeys } from "../../../renderer/media/call-keys.ts";
import type { MediaKey } from "../../../shared/ipc/contract.ts";

const key = (identity: string, index: number, own = false): MediaKey => ({
  identity,
  index,
  own,
  key: new Uint8Array(16).fill(7),
});

/** Keys of a call, and the answers that main still owes. */
function setUp() {
  const applied: string[] = [];
  const answers: ((keys: readonly MediaKey[]) => void)[] = [];
  const keys = new CallKeys({
    ask: () => new Promise((resolve) => answers.push(resolve)),
    apply: ({ identity, index }) => applied.push(`${identity} ${index}`),
  });
  return { keys, applied, answers };
}

test("another's key is applied as it is told", async () => {
  const { keys, applied, answers } = setUp();
  keys.told(key("bob", 0));
  await expect.poll(() => applied).toEqual(["bob 0"]);
  expect(answers).toEqual([]);
});

test("our own is not taken as told, but as main answers", async () => {
  const { keys, applied, answers } = setUp();
  keys.told(key("alice", 5, true));
  answers[0]?.([key("bob", 0), key("alice", 1, true)]);
  await expect.poll(() => applied).toEqual(["bob 0", "alice 1"]);
});

test("what was under way for a call is not applied to the next one", async () => {
  const { keys, applied, answers } = setUp();
  keys.told(key("bob", 0));
  keys.told(key("alice", 0, true));
  keys.end();
  answers[0]?.([key("alice", 1, true)]);
  const asked = keys.ask();
  answers[1]?.([key("carol", 0), key("alice", 2, true)]);
  await asked;
  expect(applied).toEqual(["carol 0", "alice 2"]);
});

test("a call whose keys main would not say goes on with those it tells", async () => {
  const applied: string[] = [];
  const keys = new CallKeys({
    ask: () => Promise.reject(new Error("denied")),
    apply: ({ identity }) => applied.push(identity),
  });
  await keys.ask();
  keys.told(key("bob", 0));
  await expect.poll(() => applied).toEqual(["bob"]);
});
