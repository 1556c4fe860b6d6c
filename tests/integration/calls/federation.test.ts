import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { type Federation, startFederation } from "../../stack/federation.ts";
import { claimCall } from "../../support/callers.ts";
import { mainProcess, type MainProcess } from "../../support/main-process.ts";
import { acquaint, inCall, SOON } from "../../support/main-processes.ts";
import { callMemberType, freshName, makeRoom, signUp, stateOf, type Person } from "../../support/people.ts";

let federation: Federation;
const open: MainProcess[] = [];

beforeAll(async () => {
  federation = await startFederation({ behindProxy: ["federation"] });
}, 120_000);
afterAll(() => federation?.stop());
afterEach(async () => {
  await cut(false);
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

/** Neither homeserver reaches the other, or both do again. */
async function cut(off: boolean): Promise<void> {
  for (const { faults } of [federation.a, federation.b])
    await (off ? faults.federation?.refuse() : faults.federation?.pass());
}

async function start(person: Person, room: RoomId): Promise<MainProcess> {
  const main = await mainProcess();
  open.push(main);
  await main.login(person);
  await vi.waitFor(() => expect(main.store.state.rooms.map(({ id }) => id)).toContain(room), SOON);
  return main;
}

/** Alice on one server and Bob on the other with an encrypted room, each with the app. */
async function pair(how: { direct?: boolean } = {}) {
  const { a, b } = federation;
  const people = {
    a: await signUp(a.homeserver, freshName("alice")),
    b: await signUp(b.homeserver, freshName("bob")),
  };
  const room = (await makeRoom(people.a, [people.b], how)) as RoomId;
  const [alice, bob] = [await start(people.a, room), await start(people.b, room)];
  await acquaint([alice, bob]);
  return { ...people, alice, bob, room };
}

async function join(main: MainProcess, room: RoomId): Promise<void> {
  main.running.conductor.open(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
}

/** In the call as these see it, everybody with their key. */
const share = (...mains: MainProcess[]) =>
  vi.waitFor(() => {
    for (const main of mains)
      expect(main.store.state.call?.participants.map(({ key }) => key)).toEqual(mains.map(() => "have"));
  }, SOON);
const members = async (asking: Person, room: string): Promise<string[]> =>
  (await stateOf(asking, room, callMemberType))
    .filter(({ content }) => Object.keys(content).length > 0)
    .map(({ sender }) => sender);

test("a ring reaches somebody of another server, and their answer comes back with keys both ways", async () => {
  const { alice, bob, room } = await pair({ direct: true });
  await vi.waitFor(() => expect(alice.store.state.rooms[0]?.direct).not.toBeNull(), SOON);
  alice.running.conductor.open(room, "video");
  await vi.waitFor(() => expect(bob.store.state.rings).toHaveLength(1), SOON);
  bob.running.ringing.accept(bob.store.state.rings[0]?.id ?? expect.fail("nobody rings"), "video", null);
  await vi.waitFor(() => expect(alice.store.state.call?.outgoing?.phase).toBe("answered"), SOON);
  await share(alice, bob);
});

test("each publishes on their own server's SFU, and is let in to the other's", async () => {
  const { alice, bob, room } = await pair();
  const { a, b } = federation;
  await join(alice, room);
  await join(bob, room);
  await share(alice, bob);
  expect([alice, bob].map(({ store }) => store.state.call?.transport)).toEqual([
    a.authorization.url,
    b.authorization.url,
  ]);
  expect((await alice.running.conductor.grant(b.authorization.url)).url).toBe(b.sfu.url);
  expect((await bob.running.conductor.grant(a.authorization.url)).url).toBe(a.sfu.url);
});

test("who joins while the servers are cut off from each other is in the call with keys once they are not", async () => {
  const { a, b, alice, bob, room } = await pair();
  await join(alice, room);
  await cut(true);
  await join(bob, room);
  expect([inCall(alice), await members(a, room)]).toEqual([[a.userId], [a.userId]]);
  await cut(false);
  await vi.waitFor(() => expect(inCall(alice)).toEqual([a.userId, b.userId]), SOON);
  await share(alice, bob);
});

test("who leaves while the servers are cut off is gone on both once they are not, and no key of then is used after", async () => {
  const { a, b, alice, bob, room } = await pair();
  await join(alice, room);
  await join(bob, room);
  await share(alice, bob);
  const before = alice.running.conductor.keys().findLast(({ own }) => own);

  await cut(true);
  bob.running.conductor.send({ type: "leave-asked" });
  await vi.waitFor(async () => expect(await members(b, room)).toEqual([a.userId]), SOON);
  expect(await members(a, room)).toEqual(expect.arrayContaining([a.userId, b.userId]));
  await cut(false);
  await vi.waitFor(() => expect(inCall(alice)).toEqual([a.userId]), SOON);
  expect(await members(a, room)).toEqual([a.userId]);
  await vi.waitFor(
    () => expect(alice.running.conductor.keys().findLast(({ own }) => own)?.index).not.toBe(before?.index),
    SOON,
  );
});

test("who follows the oldest member is where that one publishes, and elsewhere when another is the oldest", async () => {
  const { a, b, alice, bob, room } = await pair();
  const old = await signUp(federation.a.homeserver, freshName("old"));
  await a.request("POST", `/v3/rooms/${encodeURIComponent(room)}/invite`, { user_id: old.userId });
  await old.request("POST", `/v3/join/${encodeURIComponent(room)}`, {});
  await join(bob, room);
  await vi.waitFor(async () => expect(await members(old, room)).toEqual([b.userId]), SOON);
  await claimCall(old, room, federation.a.authorization.url, "oldest_membership");
  await join(alice, room);
  const place = (main: MainProcess) => {
    const found = main.store.state.call?.participants.find(({ user }) => user === old.userId);
    return [found?.transport, found?.followsOldest];
  };
  for (const main of [alice, bob])
    await vi.waitFor(() => expect(place(main)).toEqual([federation.b.authorization.url, true]), SOON);
  bob.running.conductor.send({ type: "leave-asked" });
  await vi.waitFor(() => expect(place(alice)).toEqual([federation.a.authorization.url, true]), SOON);
});
