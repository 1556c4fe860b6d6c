import { expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { ring } from "../../support/callers.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import { callMemberType, freshName, makeRoom, sendState, signUp, type Person } from "../../support/people.ts";

const servers = mainProcesses();
const { start } = servers;

async function people() {
  const [alice, bob] = [
    await signUp(servers.stack.homeserver, freshName("alice")),
    await signUp(servers.stack.homeserver, freshName("bob")),
  ];
  const room = (await makeRoom(alice, [bob], { direct: true, encrypted: false })) as RoomId;
  return { alice, bob, room };
}

const leave = (person: Person, room: string) =>
  sendState(person, room, {
    type: callMemberType,
    stateKey: `_${person.userId}_${person.deviceId}_m.call`,
    content: {},
  });

const outcomes = ({ store }: MainProcess) =>
  store.state.calls.map(({ direction, outcome, caller }) => [direction, outcome, caller.name]);

test("a new device finds the calls that it never heard of, and none of them is news", async () => {
  const { alice, bob, room } = await people();
  await ring(alice, room, { of: bob.userId, lifetime: 60_000 });
  await leave(alice, room);
  // More than the first sync of a new device brings.
  for (let at = 0; at < 30; at++)
    await alice.request("PUT", `/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${at}`, {
      msgtype: "m.text",
      body: `${at}`,
    });
  const main = await start(bob, room);
  await vi.waitFor(() => expect(outcomes(main)).toEqual([["incoming", "missed", "Alice"]]), SOON);
  expect(main.store.state.missed).toBe(0);
  expect(main.store.state.rings).toEqual([]);
});

test("a call that was missed while the app was closed is in the list at the next start, and is news", async () => {
  const { alice, bob, room } = await people();
  const before = await start(bob, room);
  await before.quit();

  await ring(alice, room, { of: bob.userId, lifetime: 60_000 });
  await leave(alice, room);
  const after = await servers.again(before);
  await vi.waitFor(() => expect(outcomes(after)).toEqual([["incoming", "missed", "Alice"]]), SOON);
  await vi.waitFor(() => expect(after.store.state.missed).toBe(1), SOON);
  after.running.history.seen();
  expect(after.store.state.missed).toBe(0);
});

test("a call that was held is listed by both with who was in it and for how long", async () => {
  const { alice, bob, room } = await people();
  const [a, b] = [await start(alice, room), await start(bob, room)];
  a.running.conductor.open(room, "audio");
  await vi.waitFor(() => expect(b.store.state.rings).toHaveLength(1), SOON);
  const [rung] = b.store.state.rings;
  if (!rung) throw new Error("nobody rings");
  b.running.ringing.accept(rung.id, "audio", null);
  await vi.waitFor(() => expect(a.store.state.call?.participants).toHaveLength(2), SOON);
  for (const main of [a, b]) main.running.conductor.send({ type: "leave-asked" });

  await vi.waitFor(() => expect(outcomes(a)).toEqual([["outgoing", "answered", "Alice"]]), SOON);
  await vi.waitFor(() => expect(outcomes(b)).toEqual([["incoming", "answered", "Alice"]]), SOON);
  expect(a.store.state.calls[0]).toMatchObject({ intent: "audio", people: [{ name: "Bob" }] });
  expect(a.store.state.calls[0]?.talkedMs).toBeGreaterThan(0);
});
