import { hears, moves, movesIn, tile } from "../support/call-window.ts";
import { callMemberType, stateOf, type Person } from "../support/people.ts";
import { watchRoom } from "../support/watch-room.ts";
import { connect, expect, test } from "./fixtures.ts";

/** Devices that the room's state says are in the call. */
async function inCall(asking: Person, room: string): Promise<string[]> {
  const members = await stateOf(asking, room, callMemberType);
  return members.flatMap(({ content }) =>
    typeof content["device_id"] === "string" ? [content["device_id"]] : [],
  );
}

test("whoever is killed goes when their delayed leave fires, and comes back with the same device", async ({
  pair,
  launch,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  const { calling } = await connect(alice, bob);
  const before = await inCall(alice.person, room);

  await bob.app.kill();
  await expect(tile(calling, "Bob")).toHaveCount(0, { timeout: 60_000 });
  expect(await inCall(alice.person, room)).toHaveLength(1);

  const again = await launch({ profile: bob.app.profile });
  await (await again.window("home")).getByRole("button", { name: "Join call in Alice" }).click();
  const called = await again.window("call");
  await called.getByRole("button", { name: "Join call" }).click();
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
  expect((await inCall(alice.person, room)).toSorted()).toEqual(before.toSorted());
});

test("whoever is killed and back before that is in the call at once, and stays", async ({ pair, launch }) => {
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

test("a call window that crashes is back in the call", async ({ pair }) => {
  const { alice, bob } = await pair({ direct: true });
  const { calling, called } = await connect(alice, bob);
  const window = await bob.app.electron.browserWindow(called);
  const gone = window.evaluate(
    ({ webContents }) =>
      new Promise<void>((resolve) => webContents.once("render-process-gone", () => resolve())),
  );
  await window.evaluate(({ webContents }) => webContents.forcefullyCrashRenderer());
  await gone;
  await movesIn(window, "Alice");
  await moves(calling, "Bob", 40);
});

test("a restart of the SFU is survived", async ({ pair, stack }) => {
  const { alice, bob } = await pair({ direct: true });
  const { calling, called } = await connect(alice, bob);
  await stack.sfu.restart();
  await Promise.all([moves(calling, "Bob", 40), moves(called, "Alice", 40)]);
  await Promise.all([hears(calling), hears(called)]);
});

test("a call goes on through 30 s without the homeserver, and afterwards all are members", async ({
  pair,
  stack,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  const { calling, called } = await connect(alice, bob);
  const faults = stack.faults.homeserver;
  if (!faults) throw new Error("the homeserver of the suite stands behind a proxy");
  faults.stall();
  try {
    const silent = Date.now() + 30_000;
    while (Date.now() < silent) await Promise.all([moves(calling, "Bob", 20), moves(called, "Alice", 20)]);
  } finally {
    await faults.pass();
  }
  await expect.poll(async () => (await inCall(alice.person, room)).length, { timeout: 60_000 }).toBe(2);
  await Promise.all([moves(calling, "Bob", 20), moves(called, "Alice", 20)]);
});
