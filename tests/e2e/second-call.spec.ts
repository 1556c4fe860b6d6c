import { LEGACY_MEMBER } from "../../shared/rtc/member-event.ts";
import { callButton, moves, press, tile } from "../support/call-window.ts";
import type { MatrixEvent } from "../support/matrix-request.ts";
import { freshName, makeRoom, signUp } from "../support/people.ts";
import { connect, expect, test } from "./fixtures.ts";

test("a second call rings quietly: it is declined as busy, held for, or ended for", async ({
  pair,
  device,
  stack,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  const carol = await device(await signUp(stack.homeserver, freshName("carol")));
  await makeRoom(carol.person, [bob.person], { direct: true });
  const { calling, called } = await connect(alice, bob);
  await callButton(carol.home, "Bob").click();
  const other = await carol.app.window("call");
  const rings = () => bob.app.window("ring");
  /** Bob's member event of the call with Alice. */
  const membership = async () => {
    const all = await alice.person.request<MatrixEvent[]>("GET", `/v3/rooms/${room}/state`);
    const found = all.find(({ type, sender }) => type === LEGACY_MEMBER && sender === bob.person.userId);
    return { event: found?.event_id, application: found?.content["application"] };
  };

  await test.step("who is declined is told that we are busy", async () => {
    const ring = await rings();
    await expect(ring.getByRole("alertdialog", { name: /Carol is calling/ })).toBeVisible();
    await expect(ring.getByText("You are in another call.")).toBeVisible();
    await press(ring, "Decline");
    await expect(other.getByRole("status").getByText("Busy")).toBeVisible();
    await expect.poll(() => bob.app.roles()).not.toContain("ring");
    await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
  });

  await test.step("a call that is held is neither seen nor heard, and goes on afterwards", async () => {
    const before = await membership();
    await other.getByRole("button", { name: "Call again" }).click();
    await press(await rings(), "Hold and accept");
    await Promise.all([moves(called, "Carol"), moves(other, "Bob")]);
    await expect(called.getByText("Call with Alice is on hold")).toBeVisible();
    // Still a member, and neither heard nor seen.
    await expect(tile(calling, "Bob")).toBeVisible();
    await expect(tile(calling, "Bob").locator("video")).toHaveCount(0);

    await called.getByRole("button", { name: "Swap" }).click();
    await Promise.all([moves(called, "Alice"), moves(calling, "Bob")]);
    await expect(called.getByText("Call with Carol is on hold")).toBeVisible();
    // Nobody saw him go and come back.
    expect(before.application).toBe("m.call");
    expect(await membership()).toEqual(before);
  });

  await test.step("whoever leaves one of two goes on with the other", async () => {
    await press(called, "Leave call");
    await Promise.all([moves(called, "Carol"), moves(other, "Bob")]);
    await expect(tile(calling, "Bob")).toHaveCount(0);
  });

  await test.step("for a call that is accepted so, the one that is on is ended", async () => {
    await press(calling, "Leave call");
    await callButton(alice.home, "Bob").click();
    await press(await rings(), "End and accept");
    const back = await alice.app.window("call");
    await Promise.all([moves(called, "Alice"), moves(back, "Bob")]);
    await expect(tile(other, "Bob")).toHaveCount(0);
    await expect(called.getByText("is on hold")).toHaveCount(0);
  });
});
