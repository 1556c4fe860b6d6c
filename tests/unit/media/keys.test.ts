import { KeyProviderEvent } from "livekit-client";
import { expect, test } from "vitest";

import { IpcKeyProvider, KeyLine, type ImportedKey } from "../../../renderer/media/keys.ts";
import type { MediaKey } from "../../../shared/ipc/contract.ts";

const key = (identity: string, index: number, own = false, length = 16): MediaKey => ({
  identity,
  index,
  own,
  key: new Uint8Array(length).fill(7),
});

function line(): { keys: KeyLine; applied: ImportedKey[] } {
  const applied: ImportedKey[] = [];
  return { keys: new KeyLine((imported) => applied.push(imported)), applied };
}

test("keys are applied in the order in which they came, our own replayed one last", async () => {
  const { keys, applied } = line();
  const replay = keys.push(key("bob", 3), key("carol", 0), key("alice", 1, true));
  const rotated = keys.push(key("alice", 2, true));
  await Promise.all([rotated, replay]);
  expect(applied.map(({ identity, index }) => `${identity} ${index}`)).toEqual([
    "bob 3",
    "carol 0",
    "alice 1",
    "alice 2",
  ]);
});

test("a key cannot be read out of the window once it is in", async () => {
  const { keys, applied } = line();
  const given = key("bob", 0);
  await keys.push(given);
  expect(applied[0]?.key.extractable).toBe(false);
  expect([...given.key]).toEqual(Array<number>(16).fill(0));
});

test("a key for each of 256 indices is kept apart", () => {
  const provider = new IpcKeyProvider();
  expect(provider.getOptions()).toMatchObject({ sharedKey: false, keyringSize: 256, failureTolerance: 10 });
});

test("the keys of one participant are set anew, so that the library clears what it holds against them", async () => {
  const { keys, applied } = line();
  await keys.push(key("bob", 0), key("carol", 0), key("bob", 1));
  const provider = new IpcKeyProvider();
  for (const one of applied) provider.set(one.key, one.identity, one.index);
  const set: unknown[] = [];
  provider.on(KeyProviderEvent.SetKey, ({ participantIdentity, keyIndex }, updates) =>
    set.push([participantIdentity, keyIndex, updates]),
  );
  provider.retry("bob");
  expect(set).toEqual([
    ["bob", 0, true],
    ["bob", 1, true],
  ]);
});

test("nothing is applied after the end", async () => {
  const { keys, applied } = line();
  const under = keys.push(key("bob", 0));
  keys.close();
  await under;
  expect(applied).toEqual([]);
});
