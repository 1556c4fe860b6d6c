import { moves } from "../support/call-window.ts";
import { callMemberType } from "../support/people.ts";
import { watchRoom } from "../support/watch-room.ts";
import { connect, expect, test } from "./fixtures.ts";

// What other faults do is in tests/faults.
test("whoever is killed and back before their delayed leave is in the call at once, and stays", async ({
  pair,
  launch,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  const { calling } = await connect(alice, bob);
  const watch = await watchRoom(bob.person, room);
  await bob.app.kill();
  const again = await launch({ profile: bob.app.profile });
  await (await again.window("home")).getByRole("button", { name: "Join call in Alice" }).click();
  const called = await again.window("call");
  await called.getByRole("button", { name: "Join call" }).click();
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
  // The old run's delayed leave was cancelled: nothing takes the new membership away.
  expect(
    watch.events.filter(
      ({ type, sender, content }) =>
        type === callMemberType && sender === bob.person.userId && Object.keys(content).length === 0,
    ),
  ).toEqual([]);
  await watch.stop();
});
