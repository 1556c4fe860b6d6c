import { expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import { callMemberType, freshName, makeRoom, signUp, stateOf, type Person } from "../../support/people.ts";

const servers = mainProcesses();
const { start } = servers;

/** Alice and Bob with a direct room, each with the app. */
async function pair() {
  const [a, b] = [
    await signUp(servers.stack.homeserver, freshName("alice")),
    await signUp(servers.stack.homeserver, freshName("bob")),
  ];
  const room = (await makeRoom(a, [b], { direct: true })) as RoomId;
  const [alice, bob] = [await start(a, room), await start(b, room)];
  for (const main of [alice, bob])
    await vi.waitFor(() => expect(main.store.state.rooms[0]?.direct).not.toBeNull(), SOON);
  return { a, b, alice, bob, room };
}

const outgoing = (main: MainProcess) => main.store.state.call?.outgoing?.phase;
const inCall = async (asking: Person, room: RoomId) =>
  (await stateOf(asking, room, callMemberType)).filter(({ content }) => Object.keys(content).length > 0);

async function ring({ alice, bob, room }: { alice: MainProcess; bob: MainProcess; room: RoomId }) {
  alice.running.conductor.open(room, "video");
  await vi.waitFor(() => expect(outgoing(alice)).toBe("ringing"), SOON);
  await vi.waitFor(() => expect(bob.store.state.rings).toHaveLength(1), SOON);
  return bob.store.state.rings[0]?.id ?? expect.fail("nobody rings");
}

test("a call to a person rings them, and an answer that was prepared for puts both in it with keys", async () => {
  const both = await pair();
  const { alice, bob } = both;
  const id = await ring(both);
  // The SFU may be connected by now, but nobody is told and nothing is joined.
  await vi.waitFor(
    () =>
      expect(bob.store.state.call).toMatchObject({
        phase: "warm",
        transport: servers.stack.authorization.url,
      }),
    SOON,
  );
  expect(await inCall(both.b, both.room)).toHaveLength(1);
  bob.running.ringing.accept(id, "audio", null);
  await vi.waitFor(() => expect(outgoing(alice)).toBe("answered"), SOON);
  expect(alice.store.state.call).toMatchObject({ phase: "joined" });
  await vi.waitFor(() => {
    for (const main of [alice, bob])
      expect(main.store.state.call?.participants).toEqual([
        expect.objectContaining({ key: "have" }),
        expect.objectContaining({ key: "have" }),
      ]);
  }, SOON);
  expect(bob.store.state.rings).toEqual([]);
});

test("a decline ends the call at the caller, who is told and has left", async () => {
  const both = await pair();
  both.bob.running.ringing.decline(await ring(both));
  await vi.waitFor(() => expect(both.alice.store.state.call?.phase).toBe("over"), SOON);
  expect(outgoing(both.alice)).toBe("declined");
  await vi.waitFor(async () => expect(await inCall(both.a, both.room)).toEqual([]), SOON);
  await vi.waitFor(() => expect(both.bob.store.state.rings).toEqual([]), SOON);
});

test("hanging up silences it, and calling again rings again", async () => {
  const both = await pair();
  const first = await ring(both);
  both.alice.running.conductor.send({ type: "leave-asked" });
  await vi.waitFor(() => expect(both.bob.store.state.rings).toEqual([]), SOON);
  expect(await ring(both)).not.toBe(first);
});

test("a quit while it rings leaves nothing that rings", async () => {
  const both = await pair();
  await ring(both);
  await both.alice.signIn.close();
  await vi.waitFor(() => expect(both.bob.store.state.rings).toEqual([]), SOON);
  expect(await inCall(both.b, both.room)).toEqual([]);
});

test("who is in a call holds it for another, goes back to it, and leaves both at the end", async () => {
  const both = await pair();
  const { a, b, alice, bob, room } = both;
  const other = (await makeRoom(b, [a], { name: "Choir" })) as RoomId;
  await vi.waitFor(() => expect(bob.store.state.rooms.map(({ id }) => id)).toContain(other), SOON);
  bob.running.conductor.open(other, "audio");
  bob.running.conductor.join("audio");
  await vi.waitFor(() => expect(bob.store.state.call?.phase).toBe("joined"), SOON);

  bob.running.ringing.accept(await ring(both), "audio", "hold");
  await vi.waitFor(() => expect(outgoing(alice)).toBe("answered"), SOON);
  await vi.waitFor(
    () => expect(bob.store.state.call).toMatchObject({ room, phase: "joined", held: { room: other } }),
    SOON,
  );
  expect(await inCall(b, other)).toHaveLength(1);
  bob.running.conductor.swap();
  expect(bob.store.state.call).toMatchObject({ room: other, phase: "joined", held: { room } });
  expect(await inCall(b, room)).toHaveLength(2);
  bob.running.conductor.swap();
  bob.running.conductor.send({ type: "leave-asked" });
  expect(bob.store.state.call).toMatchObject({ room: other, phase: "joined", held: null });
  await vi.waitFor(async () => expect(await inCall(b, room)).toHaveLength(1), SOON);

  await bob.signIn.close();
  expect(await inCall(a, other)).toEqual([]);
});
