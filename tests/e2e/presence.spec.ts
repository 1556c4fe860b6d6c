import { NONCE } from "../../shared/rtc/member-event.ts";
import { hears, moves, tile } from "../support/call-window.ts";
import { picture } from "../support/look.ts";
import { callMemberType, stateOf, type Person } from "../support/people.ts";
import { watchRoom } from "../support/watch-room.ts";
import { connect, expect, test } from "./fixtures.ts";

/** How many devices the room's state lists in its call. */
async function listed(asking: Person, room: string): Promise<number> {
  const members = await stateOf(asking, room, callMemberType);
  return members.filter(({ content }) => Object.keys(content).length > 0).length;
}

/** Which run of a Carillon wrote a membership; undefined where it is a leave. */
const runOf = (content: Record<string, unknown> = {}): string | undefined =>
  content[NONCE]?.toString().split(".")[0];

// What other faults do is in tests/faults.
test("whoever is killed is shown as lost while the room still lists them, comes back, and stays", async ({
  pair,
  launch,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  const { calling } = await connect(alice, bob);
  await hears(calling);
  const watch = await watchRoom(bob.person, room);
  const standing = await stateOf(alice.person, room, callMemberType);
  const before = runOf(standing.find(({ sender }) => sender === bob.person.userId)?.content);
  expect(before).toBeDefined();
  const lost = tile(calling, "Bob").getByText("Connection lost");
  const killedAt = Date.now();
  await bob.app.kill();
  await expect(lost).toBeVisible();
  const shownMs = Date.now() - killedAt;
  expect(await listed(alice.person, room)).toBe(2);
  // It is Bob's connection, not ours.
  await expect(calling.getByText("Reconnecting")).toBeHidden();
  process.stdout.write(`measured: kill -9 of an app until the other's tile says lost: ${shownMs} ms\n`);
  await picture(calling, "call-lost");

  const again = await launch({ profile: bob.app.profile });
  await (await again.window("home")).getByRole("button", { name: "Join call in Alice" }).click();
  const called = await again.window("call");
  await called.getByRole("button", { name: "Join call" }).click();
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
  await expect(lost).toBeHidden();
  // The old run's delayed leave was cancelled, or had fired before: nothing takes the new membership away.
  const said = watch.events.filter(
    ({ type, sender }) => type === callMemberType && sender === bob.person.userId,
  );
  const back = said.findIndex(({ content }) => ![undefined, before].includes(runOf(content)));
  expect(back).toBeGreaterThanOrEqual(0);
  expect(said.slice(back).filter(({ content }) => Object.keys(content).length === 0)).toEqual([]);
  await watch.stop();
});
