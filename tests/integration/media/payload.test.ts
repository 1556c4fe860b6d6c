import { afterEach, beforeEach, expect, test } from "vitest";

import { readSfu, type Payloads, type Reader } from "../../support/sfu-payloads.ts";
import { ALICE, bytesOf, join, PATIENCE, useSfu } from "./scene.ts";
import { keyOf } from "./windows.ts";

const EVE = "@eve:elsewhere:EVE";
const SOURCES = ["camera", "microphone", "screen_share"] as const;
const { sfu } = useSfu();
let eve: Reader;

beforeEach(async () => {
  eve = await readSfu();
  for (const [index, byte] of [bytesOf(ALICE), 11].entries())
    await eve.know({ index, bytes: keyOf("", index, byte).key.bytes });
  await eve.connect(await sfu().grant(EVE));
});
afterEach(() => eve.close());

/** Waits until more frames of this source have come of which the reader says so. */
async function more(source: (typeof SOURCES)[number], what: keyof Payloads): Promise<void> {
  const before = (await eve.read(source))[what];
  await expect.poll(async () => (await eve.read(source))[what], PATIENCE).toBeGreaterThan(before + 10);
}

test("every frame that the SFU forwards of an encrypted call is sealed, whatever is done in it", async () => {
  const alice = await join(ALICE, []);
  const both = () => Promise.all([more("camera", "sealed"), more("microphone", "sealed")]);
  await both();
  await alice.page.evaluate(() =>
    Promise.all([stage.call.setMicrophone(false), stage.call.setCamera(false)]),
  );
  await alice.page.evaluate(() => Promise.all([stage.call.setMicrophone(true), stage.call.setCamera(true)]));
  await both();
  await alice.page.evaluate(() => stage.call.share({ id: "screen:0", audio: false }));
  await expect.poll(async () => (await eve.read("screen_share")).sealed, PATIENCE).toBeGreaterThan(0);
  await alice.page.evaluate(() => stage.call.stopSharing());
  await alice.tellKey(keyOf(alice.identity, 1, 11, true));
  await expect.poll(() => eve.indices(), PATIENCE).toContain(1);
  await both();
  // A connection that breaks and is made anew, while the camera runs.
  await sfu().restart();
  await eve.connect(await sfu().grant(EVE));
  await both();
  for (const source of SOURCES) {
    const { sealed, ...others } = await eve.read(source);
    expect([source, others.open, others.shaped]).toEqual([source, 0, 0]);
    expect(sealed).toBeGreaterThan(0);
  }
});

test("the same reader finds open frames in a call without encryption, so the test above can fail", async () => {
  await join(ALICE, [], { encrypted: false });
  await Promise.all([more("camera", "open"), more("microphone", "open")]);
  expect([(await eve.read("camera")).sealed, (await eve.read("microphone")).sealed]).toEqual([0, 0]);
});

test("frames under a key that is not the call's do not count as sealed", async () => {
  const alice = await join(ALICE, []);
  await more("microphone", "sealed");
  await alice.tellKey(keyOf(alice.identity, 0, 99, true));
  await Promise.all([more("camera", "shaped"), more("microphone", "shaped")]);
});
