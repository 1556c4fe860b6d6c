import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { startFaultProxy } from "../../stack/fault-proxy.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { mainProcess, type MainProcess } from "../../support/main-process.ts";
import { inCall, ownKey, share, SOON } from "../../support/main-processes.ts";
import { callMemberType, freshName, makeRoom, signUp, stateOf, type Person } from "../../support/people.ts";

let stack: Stack;
const open: MainProcess[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

async function people(...names: string[]): Promise<{ persons: Person[]; room: RoomId }> {
  const persons = await Promise.all(names.map((name) => signUp(stack.homeserver, freshName(name))));
  const [owner, ...others] = persons;
  if (!owner) throw new Error("nobody");
  return { persons, room: (await makeRoom(owner, others)) as RoomId };
}

async function start(person: Person | undefined, room: RoomId, url?: string): Promise<MainProcess> {
  if (!person) throw new Error("nobody");
  const main = await mainProcess();
  open.push(main);
  await main.login(person, url);
  await vi.waitFor(() => expect(main.store.state.rooms.map(({ id }) => id)).toContain(room), SOON);
  return main;
}

async function join(main: MainProcess, room: RoomId): Promise<void> {
  main.running.conductor.open(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
}

async function serverMembers(asking: Person | undefined, room: RoomId): Promise<string[]> {
  if (!asking) throw new Error("nobody");
  const events = await stateOf(asking, room, callMemberType);
  return events.filter(({ content }) => Object.keys(content).length > 0).map(({ sender }) => sender);
}

test("two people in a call hold each other's key, and see each other in their rooms", async () => {
  const { persons, room } = await people("alice", "bob");
  const [alice, bob] = [await start(persons[0], room), await start(persons[1], room)];
  await join(alice, room);
  await vi.waitFor(
    () => expect(bob.store.state.rooms.find(({ id }) => id === room)?.call?.people).toHaveLength(1),
    SOON,
  );
  await join(bob, room);
  await share(alice, bob);
  expect(await serverMembers(persons[0], room)).toHaveLength(2);
});

test("who leaves is gone from the server and from the others, and the rest go on with a new key", async () => {
  const { persons, room } = await people("alice", "bob", "carol");
  const mains = [
    await start(persons[0], room),
    await start(persons[1], room),
    await start(persons[2], room),
  ] as const;
  for (const main of mains) await join(main, room);
  const [alice, bob, carol] = mains;
  await share(alice, bob, carol);
  const before = ownKey(alice);

  carol.running.conductor.send({ type: "leave-asked" });
  await vi.waitFor(() => expect(inCall(alice)).not.toContain(persons[2]?.userId), SOON);
  expect(await serverMembers(persons[0], room)).toHaveLength(2);
  await vi.waitFor(() => expect(ownKey(alice)?.index).not.toBe(before?.index), SOON);
  await share(alice, bob);
});

test("a quit leaves the call", async () => {
  const { persons, room } = await people("alice", "bob");
  const alice = await start(persons[0], room);
  await join(alice, room);
  await alice.signIn.close();
  expect(await serverMembers(persons[1], room)).toEqual([]);
});

test("a device that signed in after the call began gets keys", async () => {
  const { persons, room } = await people("alice", "bob");
  const alice = await start(persons[0], room);
  await join(alice, room);
  const late = await start(persons[1], room);
  await join(late, room);
  await share(alice, late);
});

test("in a room without encryption there is a call without keys", async () => {
  const [owner, other] = await Promise.all([
    signUp(stack.homeserver, freshName("alice")),
    signUp(stack.homeserver, freshName("bob")),
  ]);
  const room = (await makeRoom(owner, [other], { encrypted: false })) as RoomId;
  const alice = await start(owner, room);
  await join(alice, room);
  await vi.waitFor(
    () => expect(alice.store.state.call?.participants).toMatchObject([{ local: true, key: "unneeded" }]),
    SOON,
  );
  expect(alice.running.conductor.keys()).toEqual([]);
});

test("a grant opens the SFU, for our own identity", async () => {
  const { persons, room } = await people("alice", "bob");
  const alice = await start(persons[0], room);
  alice.running.conductor.open(room, "video");
  await vi.waitFor(() => expect(alice.store.state.call?.transport).toBe(stack.authorization.url), SOON);
  const { url, token } = await alice.running.conductor.grant(stack.authorization.url);
  expect(url).toBe(stack.sfu.url);
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
    sub: string;
  };
  expect(claims.sub).toBe(`${persons[0]?.userId}:${alice.signIn.required.session.device}`);
});

test("a network that was refused until the server made us leave brings us back with keys", async () => {
  const { persons, room } = await people("alice", "bob");
  const proxy = await startFaultProxy(stack.homeserver.url);
  const alice = await start(persons[0], room, proxy.url);
  const bob = await start(persons[1], room);
  await join(alice, room);
  await join(bob, room);
  await share(alice, bob);

  await proxy.refuse();
  await vi.waitFor(
    async () => expect(await serverMembers(persons[1], room)).toEqual([persons[1]?.userId]),
    SOON,
  );
  await vi.waitFor(() => expect(alice.store.state.call?.membership).toBe("unsure"), SOON);
  await proxy.pass();
  await vi.waitFor(async () => expect(await serverMembers(persons[1], room)).toHaveLength(2), SOON);
  await vi.waitFor(() => expect(alice.store.state.call?.membership).toBe("live"), SOON);
  await share(alice, bob);
  await alice.quit();
  open.splice(open.indexOf(alice), 1);
  await proxy.close();
});

test("no delay id, grant or media key is in the log of a call", async () => {
  const { persons, room } = await people("alice", "bob");
  const [alice, bob] = [await start(persons[0], room), await start(persons[1], room)];
  await join(alice, room);
  await join(bob, room);
  await share(alice, bob);
  const { token } = await alice.running.conductor.grant(stack.authorization.url);
  const keys = alice.running.conductor.keys().map(({ key }) => Buffer.from(key).toString("base64"));
  await alice.running.stop();
  const log = alice.lines.join("");
  for (const secret of [token, ...keys, ...keys.map((key) => key.replaceAll("=", ""))])
    expect(log).not.toContain(secret);
  expect(log).not.toMatch(/syd_\w+/);
});
