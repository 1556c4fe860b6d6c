import { hears, moves, press, tile, video } from "../support/call-window.ts";
import { callMemberType, stateOf } from "../support/people.ts";
import { readSfu } from "../support/sfu-payloads.ts";
import { grantOfEve, watchSfu } from "../support/sfu-watcher.ts";
import { connect, expect, test } from "./fixtures.ts";

test("two people see and hear each other, mute, hide and share, and leave", async ({ pair }) => {
  const { alice, bob, room } = await pair({ direct: true });
  const { calling, called } = await connect(alice, bob);
  await Promise.all([hears(calling), hears(called)]);
  await calling.screenshot({ path: "test-results/call.png" });

  await test.step("mute is seen by the other", async () => {
    await called.getByRole("button", { name: "Mute microphone" }).click();
    await expect(tile(calling, "Bob").getByLabel("Muted")).toBeVisible();
    await called.getByRole("button", { name: "Unmute microphone" }).click();
    await expect(tile(calling, "Bob").getByLabel("Muted")).toBeHidden();
  });

  await test.step("camera off and on is seen by the other", async () => {
    await called.getByRole("button", { name: "Turn camera off" }).click();
    await expect(video(calling, "Bob")).toBeHidden();
    await called.getByRole("button", { name: "Turn camera on" }).click();
    await moves(calling, "Bob");
  });

  await test.step("a shared screen is seen by the other", async () => {
    await called.getByRole("button", { name: "Share screen" }).click();
    const picker = called.getByRole("dialog");
    await picker.getByRole("radio").first().click();
    await picker.getByRole("button", { name: "Share", exact: true }).click();
    await moves(calling, "Bob's screen");
    await calling.screenshot({ path: "test-results/shared-screen.png" });
    await called.getByRole("button", { name: "Stop sharing" }).click();
    await expect(tile(calling, "Bob's screen")).toHaveCount(0);
  });

  await test.step("a minimized window goes on with the call", async () => {
    const minimized = await alice.app.electron.browserWindow(calling);
    await minimized.evaluate((window) => window.minimize());
    await expect.poll(() => minimized.evaluate((window) => window.isMinimized())).toBe(true);
    await moves(called, "Alice", 40);
    await minimized.evaluate((window) => window.restore());
  });

  await test.step("whoever leaves is gone at once, on the server too", async () => {
    await press(called, "Leave call");
    // Far sooner than the delayed leave would do it.
    await expect(tile(calling, "Bob")).toHaveCount(0, { timeout: 10_000 });
    const members = await stateOf(alice.person, room, callMemberType);
    expect(
      members.filter(
        ({ sender, content }) => sender === bob.person.userId && Object.keys(content).length > 0,
      ),
    ).toEqual([]);
  });
});

for (const encrypted of [true, false])
  test(`somebody on the SFU without keys gets ${encrypted ? "nothing but encrypted bytes, from the first on" : "all of a call that is not encrypted, which says so"}`, async ({
    pair,
    stack,
  }) => {
    const { alice, bob, room } = await pair({ direct: true, encrypted });
    const eve = await readSfu();
    try {
      // She waits for the call's first frame.
      const reading = eve.connect(await grantOfEve(stack, room));
      const { calling, called } = await connect(alice, bob);
      await reading;
      await expect(calling.getByLabel(encrypted ? "End-to-end encrypted" : /^Not encrypted/)).toBeVisible();
      const what = encrypted ? "shaped" : "open";
      const more = async (source: string) => {
        const before = (await eve.read(source))[what];
        await expect.poll(async () => (await eve.read(source))[what]).toBeGreaterThan(before + 20);
      };
      await Promise.all([more("camera"), more("microphone")]);
      for (const name of ["Turn camera off", "Mute microphone", "Turn camera on", "Unmute microphone"])
        await called.getByRole("button", { name }).click();
      await Promise.all([more("camera"), more("microphone")]);
      // Not even a decoder makes anything of them.
      const { packets, framesDecoded } = await watchSfu(stack, room);
      expect(packets).toBeGreaterThan(0);
      expect(framesDecoded > 0).toBe(!encrypted);
      // Those who remain go over to another key.
      await press(called, "Leave call");
      if (!encrypted) return;
      await expect.poll(async () => (await eve.indices()).length).toBeGreaterThan(1);
      await Promise.all([more("camera"), more("microphone")]);
      for (const source of ["camera", "microphone"])
        expect([source, (await eve.read(source)).open]).toEqual([source, 0]);
    } finally {
      await eve.close();
    }
  });
