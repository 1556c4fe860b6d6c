import { callButton, hears, moves, press } from "../support/call-window.ts";
import type { ElementCall } from "../support/element-call/element-call.ts";
import { modes } from "../support/element-call/site.ts";
import { freshName, makeRoom, signUp } from "../support/people.ts";
import { clockOf } from "../support/skip-time.ts";
import { expect, test } from "./element-call-fixtures.ts";
import type { Caller } from "./fixtures.ts";

/** How long either side rings by its own choice. */
const RING_MS = 90_000;

for (const mode of modes)
  test(`Element Call rings us and we ring it, in mode ${mode}: accept, decline, cancel, time-out`, async ({
    caller,
    elementCall,
    stack,
  }) => {
    const [alice, dave] = await Promise.all([caller("alice"), signUp(stack.homeserver, freshName("dave"))]);
    const room = await makeRoom(alice.person, [dave], { direct: true });
    const theirs = await elementCall(dave, { mode, clock: true });
    const skip = await clockOf(alice.app);
    await expect(callButton(alice.home, "Dave")).toBeVisible();

    await test.step("we ring it and it accepts; it leaves", async () => {
      await callButton(alice.home, "Dave").click();
      const ours = await alice.app.window("call");
      await dialog(theirs).getByRole("button", { name: "Accept" }).click();
      await Promise.all([moves(ours, "Dave"), theirs.moves(theirs.tile("Alice"))]);
      await Promise.all([hears(ours), theirs.hears()]);
      await theirs.hangUp();
      await press(ours, "Leave call");
    });

    await test.step("we ring it and it declines: we are told", async () => {
      await callButton(alice.home, "Dave").click();
      await dialog(theirs).getByRole("button", { name: "Decline" }).click();
      const ours = await alice.app.window("call");
      await expect(ours.getByRole("status").getByText("Declined")).toBeVisible();
    });

    await test.step("we ring it and give up: it rings no more", async () => {
      await callButton(alice.home, "Dave").click();
      await expect(dialog(theirs)).toBeVisible();
      await press(await alice.app.window("call"), "Leave call");
      await expect(dialog(theirs)).toHaveCount(0);
    });

    await test.step("we ring it and nobody answers: we are told, and it rings no more", async () => {
      await callButton(alice.home, "Dave").click();
      await expect(dialog(theirs)).toBeVisible();
      const ours = await alice.app.window("call");
      await expect(ours.getByText("Ringing…")).toBeVisible();
      await skip(RING_MS);
      await expect(ours.getByRole("status").getByText("No answer")).toBeVisible();
      await expect(dialog(theirs)).toHaveCount(0);
    });

    await test.step("it rings us and we accept; when we leave, it leaves by itself", async () => {
      await theirs.open(room, "start_call_dm");
      await press(await rings(alice), "Accept");
      const ours = await alice.app.window("call");
      await Promise.all([moves(ours, "Dave"), theirs.moves(theirs.tile("Alice"))]);
      await Promise.all([hears(ours), theirs.hears()]);
      await press(ours, "Leave call");
      await theirs.closes();
    });

    await test.step("it rings us and we decline: it leaves", async () => {
      await theirs.open(room, "start_call_dm");
      await press(await rings(alice), "Decline");
      await theirs.closes();
    });

    await test.step("it rings us and gives up: we ring no more", async () => {
      await theirs.open(room, "start_call_dm");
      await rings(alice);
      await theirs.hangUp();
      await isSilent(alice);
    });

    await test.step("it rings us and nobody answers: either side ends when its time is over", async () => {
      await theirs.open(room, "start_call_dm", { ringsForMs: 8_000 });
      await rings(alice);
      await isSilent(alice);
      await expect(theirs.page.locator("iframe")).toHaveCount(1);
      await theirs.page.clock.fastForward(RING_MS);
      await theirs.closes();
    });
  });

/** The window of a ring that is shown. */
async function rings({ app }: Caller) {
  const ring = await app.window("ring");
  await expect(ring.getByRole("alertdialog", { name: /Dave is calling/ })).toBeVisible();
  return ring;
}

const isSilent = ({ app }: Caller) => expect.poll(() => app.roles()).not.toContain("ring");

/** What the app around Element Call shows of a ring. */
const dialog = (theirs: ElementCall) => theirs.page.getByRole("alertdialog", { name: "Alice is calling" });
