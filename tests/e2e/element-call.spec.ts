import type { Page } from "@playwright/test";

import type { Bridge } from "../../shared/ipc/bridge.ts";
import type { Settings } from "../../shared/state/settings.ts";
import { hears, moves, tile, video } from "../support/call-window.ts";
import type { ElementCall } from "../support/element-call/element-call.ts";
import type { Mode } from "../support/element-call/site.ts";
import { eavesdrop } from "../support/element-call/eavesdropper.ts";
import { callMemberType, freshName, makeRoom, signUp, stateOf } from "../support/people.ts";
import { expect, test } from "./element-call-fixtures.ts";

/** Of the page that a function runs in. */
declare const bridge: Bridge;

interface Plan {
  readonly mode: Mode;
  readonly encrypted: boolean;
  /** Our own, and whether we then say so that we are in the call. */
  readonly setting: Settings["membership"];
  readonly sticky: boolean;
  /** Whose delayed leave is waited for after a kill. The SFU gives nobody up before 20 s, so it is not done each time. */
  readonly gone: readonly ("ours" | "theirs")[];
}

// What our delayed leave does in the older dialect is in tests/faults.
const calls: readonly Plan[] = [
  { mode: "compatibility", encrypted: true, setting: "compatible", sticky: false, gone: ["theirs"] },
  { mode: "compatibility", encrypted: false, setting: "sticky", sticky: true, gone: [] },
  // Where all who are there speak the newer dialect, so do we.
  { mode: "matrix_2_0", encrypted: true, setting: "compatible", sticky: true, gone: ["theirs", "ours"] },
  { mode: "matrix_2_0", encrypted: false, setting: "sticky", sticky: true, gone: [] },
];

// They are the longest of all: one after the other, they would keep the other worker waiting.
test.describe.configure({ mode: "parallel" });

for (const { mode, encrypted, setting, sticky, gone } of calls)
  test(`a call with Element Call in mode ${mode}, ${encrypted ? "" : "not "}encrypted, our setting ${setting}`, async ({
    caller,
    elementCall,
    launch,
    stack,
  }) => {
    const [alice, people] = await Promise.all([
      caller("alice"),
      Promise.all(["dave", "erin"].map((name) => signUp(stack.homeserver, freshName(name)))),
    ]);
    const [dave, erin] = people as [(typeof people)[0], (typeof people)[0]];
    const room = await makeRoom(alice.person, people, { name: "Meeting", encrypted });
    // Erin's device is there before the call, else what was sent encrypted to the room is not for it.
    const [first, third] = await Promise.all([elementCall(dave, { mode }), elementCall(erin, { mode })]);
    let theirs = first;
    await alice.home.evaluate((membership) => bridge.invoke("settings.change", { membership }), setting);

    await theirs.open(room, "start_call");
    await alice.home.getByRole("button", { name: "Join call in Meeting" }).click();
    let ours = await alice.app.window("call");
    await ours.getByRole("button", { name: "Join call" }).click();

    await test.step("both see and hear each other", async () => {
      await Promise.all([moves(ours, "Dave"), theirs.moves(theirs.tile("Alice"))]);
      await Promise.all([hears(ours), theirs.hears()]);
      const legacy = await stateOf(alice.person, room, callMemberType);
      expect(legacy.some(({ sender }) => sender === alice.person.userId)).toBe(!sticky);
    });
    await test.step("mute is seen on both sides", () => mute(ours, theirs));
    await test.step("a camera that goes off and on is seen on both sides", () => hide(ours, theirs));
    await test.step("a shared screen is seen on both sides", () => share(ours, theirs));
    await test.step("hands and reactions are seen on both sides", () => show(ours, theirs));

    await test.step(
      encrypted
        ? "a third joins and leaves, and sees nothing that is sent afterwards with the keys they had"
        : "a third joins and leaves",
      async () => {
        await third.open(room);
        await Promise.all([
          moves(ours, "Erin"),
          theirs.moves(theirs.tile("Erin")),
          third.moves(third.tile("Alice")),
          third.moves(third.tile("Dave")),
        ]);
        if (encrypted) {
          const stay = [alice.person.userId, dave.userId];
          const ear = await eavesdrop(await third.newPage(), stack, room, await third.keys());
          // Whoever has the keys does see, so that the blindness below could fail.
          await expect.poll(() => ear.decodes(stay, 50)).not.toContain(0);
          await third.hangUp();
          await expect.poll(() => ear.decodes(stay, 50)).toEqual([0, 0]);
          expect(await ear.decodes(stay, 200)).toEqual([0, 0]);
        } else await third.hangUp();
        await expect(tile(ours, "Erin")).toHaveCount(0);
        await expect(theirs.tile("Erin")).toHaveCount(0);
        await third.end();
      },
    );

    await test.step("it is killed and returns", async () => {
      theirs.kill();
      if (gone.includes("theirs")) await expect(tile(ours, "Dave")).toHaveCount(0);
      theirs = await elementCall(dave, { mode, profile: theirs.profile });
      await theirs.open(room);
      await Promise.all([moves(ours, "Dave"), theirs.moves(theirs.tile("Alice"))]);
      await Promise.all([hears(ours), theirs.hears()]);
    });

    await test.step("we are killed and return", async () => {
      await alice.app.kill();
      if (gone.includes("ours")) await expect(theirs.tile("Alice")).toHaveCount(0);
      const again = await launch({ profile: alice.app.profile });
      await (await again.window("home")).getByRole("button", { name: "Join call in Meeting" }).click();
      ours = await again.window("call");
      await ours.getByRole("button", { name: "Join call" }).click();
      await Promise.all([moves(ours, "Dave"), theirs.moves(theirs.tile("Alice"))]);
      await Promise.all([hears(ours), theirs.hears()]);
    });

    await test.step("whoever leaves is gone at once", async () => {
      await theirs.hangUp();
      // Far sooner than the delayed leave would do it; that of the run that was killed may still be to come, where it was not waited for.
      const timeout = gone.includes("theirs") ? 10_000 : 60_000;
      await expect(tile(ours, "Dave")).toHaveCount(0, { timeout });
    });
  });

async function mute(ours: Page, theirs: ElementCall): Promise<void> {
  await theirs.toggle("Mute microphone");
  await expect(tile(ours, "Dave").getByLabel("Muted")).toBeVisible();
  await ours.getByRole("button", { name: "Mute microphone" }).click();
  await expect(theirs.tile("Alice").getByLabel("Microphone off")).toBeVisible();
  await theirs.toggle("Unmute microphone");
  await expect(tile(ours, "Dave").getByLabel("Muted")).toBeHidden();
  await ours.getByRole("button", { name: "Unmute microphone" }).click();
  await expect(theirs.tile("Alice").getByLabel("Microphone on")).toBeVisible();
}

async function hide(ours: Page, theirs: ElementCall): Promise<void> {
  await theirs.toggle("Stop video");
  await expect(video(ours, "Dave")).toBeHidden();
  await ours.getByRole("button", { name: "Turn camera off" }).click();
  await expect(theirs.picture("Alice")).toHaveCount(0);
  await theirs.toggle("Start video");
  await moves(ours, "Dave");
  await ours.getByRole("button", { name: "Turn camera on" }).click();
  await theirs.moves(theirs.picture("Alice"));
}

async function share(ours: Page, theirs: ElementCall): Promise<void> {
  await theirs.toggle("Share screen");
  await moves(ours, "Dave's screen");
  await theirs.toggle("Sharing screen");
  await expect(tile(ours, "Dave's screen")).toHaveCount(0);

  await ours.getByRole("button", { name: "Share screen" }).click();
  const picker = ours.getByRole("dialog");
  await picker.getByRole("radio").first().click();
  await picker.getByRole("button", { name: "Share", exact: true }).click();
  await theirs.moves(theirs.screen("Alice"));
  await ours.getByRole("button", { name: "Stop sharing" }).click();
  await expect(theirs.screen("Alice")).toHaveCount(0);
}

async function show(ours: Page, theirs: ElementCall): Promise<void> {
  const [hand, raised] = [ours.getByRole("button", { name: "Raise hand" }), /^Hand raised/];
  await theirs.raiseHand();
  await expect(tile(ours, "Dave").getByLabel(raised)).toBeVisible();
  await hand.click();
  await expect(theirs.held("Alice")).toHaveText("✋");
  await theirs.lowerHand();
  await expect(tile(ours, "Dave").getByLabel(raised)).toHaveCount(0);
  await ours.getByRole("button", { name: "Lower hand" }).click();
  await expect(theirs.held("Alice")).toHaveCount(0);

  // A reaction stands for 3 s: whoever looks now and then may miss it.
  await Promise.all([tile(ours, "Dave").getByText("👍").waitFor(), theirs.react("thumbsup")]);
  await ours.getByRole("button", { name: "React" }).click();
  await Promise.all([
    tile(ours, "Alice").getByText("👏").waitFor(),
    theirs.held("Alice").filter({ hasText: "👏" }).waitFor(),
    ours.getByRole("menuitem", { name: "Applause" }).click(),
  ]);
}
