import { callButton, moves, tile } from "../support/call-window.ts";
import { freshName, makeRoom, signUp } from "../support/people.ts";
import { connect, expect, test } from "./fixtures.ts";

test("a second call rings quietly; it is held or ended for, and the held one goes on afterwards", async ({
  pair,
  device,
  stack,
}) => {
  const { alice, bob } = await pair({ direct: true });
  const carol = await device(await signUp(stack.homeserver, freshName("carol")));
  await makeRoom(carol.person, [bob.person], { direct: true });
  const { calling } = await connect(alice, bob);

  await callButton(carol.home, "Bob").click();
  const other = await carol.app.window("call");
  const ring = await bob.app.window("ring");
  await expect(ring.getByRole("alertdialog", { name: /Carol is calling/ })).toBeVisible();
  await expect(ring.getByText("You are in another call.")).toBeVisible();

  await ring.getByRole("button", { name: "Hold and accept" }).click();
  const called = await bob.app.window("call");
  await Promise.all([moves(called, "Carol"), moves(other, "Bob")]);
  await expect(called.getByText("Call with Alice is on hold")).toBeVisible();
  // Still a member, and neither heard nor seen.
  await expect(tile(calling, "Bob")).toBeVisible();
  await expect(tile(calling, "Bob").locator("video")).toHaveCount(0);

  await called.getByRole("button", { name: "Swap" }).click();
  await Promise.all([moves(called, "Alice"), moves(calling, "Bob")]);
  await expect(called.getByText("Call with Carol is on hold")).toBeVisible();

  // Whoever leaves one of two goes on with the other.
  await called.getByRole("button", { name: "Leave call" }).click();
  await Promise.all([moves(called, "Carol"), moves(other, "Bob")]);
  await expect(tile(calling, "Bob")).toHaveCount(0);
});

test("a second call that is declined says that we are busy; for the next one the first is ended", async ({
  pair,
  device,
  stack,
}) => {
  const { alice, bob } = await pair({ direct: true });
  const carol = await device(await signUp(stack.homeserver, freshName("carol")));
  await makeRoom(carol.person, [bob.person], { direct: true });
  const { calling, called } = await connect(alice, bob);

  await callButton(carol.home, "Bob").click();
  const other = await carol.app.window("call");
  const quiet = await bob.app.window("ring");
  await quiet.getByRole("button", { name: "Decline", exact: true }).click();
  await expect(other.getByRole("status").getByText("Busy")).toBeVisible();
  await expect.poll(() => bob.app.roles()).not.toContain("ring");
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);

  await other.getByRole("button", { name: "Call again" }).click();
  const ring = await bob.app.window("ring");
  await ring.getByRole("button", { name: "End and accept" }).click();
  const next = await bob.app.window("call");
  await Promise.all([moves(next, "Carol"), moves(other, "Bob")]);
  await expect(tile(calling, "Bob")).toHaveCount(0);
  await expect(next.getByText("is on hold")).toHaveCount(0);
});
