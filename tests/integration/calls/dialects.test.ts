import { cp } from "node:fs/promises";

import { describe, expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { inCall, mainProcesses, share, SOON } from "../../support/main-processes.ts";
import { mainProcess, type MainProcess } from "../../support/main-process.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  redact,
  signUp,
  stateOf,
  type Person,
} from "../../support/people.ts";

const mains = mainProcesses();

async function people(encrypted: boolean, ...names: string[]): Promise<{ persons: Person[]; room: RoomId }> {
  const persons = await Promise.all(names.map((name) => signUp(mains.stack.homeserver, freshName(name))));
  const [owner, ...others] = persons;
  if (!owner) throw new Error("nobody");
  return { persons, room: (await makeRoom(owner, others, { encrypted })) as RoomId };
}

/** A main process whose user chose the form of their memberships. */
async function start(person: Person | undefined, room: RoomId, form: "compatible" | "sticky" = "sticky") {
  if (!person) throw new Error("nobody");
  const main = await mains.start(person, room);
  main.store.update((state) => ({ ...state, settings: { ...state.settings, membership: form } }));
  return main;
}

async function join(main: MainProcess, room: RoomId): Promise<void> {
  main.running.conductor.lobby(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
}

/** Its own member event, as another one sees it. */
function memberEvent(of: Person | undefined, main: MainProcess, room: RoomId): string {
  const known = main.running.account.client.getRoom(room);
  const standing = [
    ...(known?.currentState.getStateEvents(callMemberType) ?? []),
    ...(known?._unstable_getStickyEvents() ?? []),
  ].find(
    (event) =>
      event.getSender() === of?.userId &&
      (event.getType() === callMemberType || event.getType() === "org.matrix.msc4143.rtc.member"),
  );
  const id = standing?.getId();
  if (id === undefined) throw new Error("no membership");
  return id;
}

/** What power it takes to write events of these types. */
async function allow(owner: Person, room: RoomId, events: Record<string, number>): Promise<void> {
  const path = `/v3/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/`;
  const levels = await owner.request<{ events: object }>("GET", path);
  await owner.request("PUT", path, { ...levels, events: { ...levels.events, ...events } });
}

const sees = (main: MainProcess, ...people: (Person | undefined)[]) =>
  vi.waitFor(
    () => expect(inCall(main).toSorted()).toEqual(people.map((person) => person?.userId).toSorted()),
    SOON,
  );

const legacyMembers = async (asking: Person | undefined, room: RoomId): Promise<string[]> => {
  if (!asking) throw new Error("nobody");
  const events = await stateOf(asking, room, callMemberType);
  return events.filter(({ content }) => Object.keys(content).length > 0).map(({ sender }) => sender);
};

describe.each([true, false])("in a room that is encrypted: %s", (encrypted) => {
  test("two people meet by sticky memberships, a third comes and goes, and no state is written", async () => {
    const { persons, room } = await people(encrypted, "alice", "bob", "carol");
    const alice = await start(persons[0], room);
    const bob = await start(persons[1], room);
    await join(alice, room);
    await vi.waitFor(
      () => expect(bob.store.state.rooms.find(({ id }) => id === room)?.call?.people).toHaveLength(1),
      SOON,
    );
    await join(bob, room);
    await sees(alice, persons[0], persons[1]);
    await sees(bob, persons[0], persons[1]);
    if (encrypted) await share(alice, bob);

    // She signs in on a device that was not there when the others joined.
    const carol = await start(persons[2], room);
    await vi.waitFor(
      () => expect(carol.store.state.rooms.find(({ id }) => id === room)?.call?.people).toHaveLength(2),
      SOON,
    );
    await join(carol, room);
    for (const one of [alice, bob, carol]) await sees(one, ...persons);
    if (encrypted) await share(alice, bob, carol);

    carol.running.conductor.send({ type: "leave-asked" });
    for (const one of [alice, bob]) await sees(one, persons[0], persons[1]);
    expect(await legacyMembers(persons[0], room)).toEqual([]);
  });
});

test("legacy and sticky people are in one call, and hear each other", async () => {
  const { persons, room } = await people(true, "alice", "bob", "carol");
  const alice = await start(persons[0], room, "compatible");
  const bob = await start(persons[1], room, "sticky");
  const carol = await start(persons[2], room, "compatible");
  const all = [alice, bob, carol];
  for (const one of all) await join(one, room);
  for (const one of all) await sees(one, ...persons);
  await share(...all);
  expect((await legacyMembers(persons[0], room)).toSorted()).toEqual(
    [persons[0]?.userId, persons[2]?.userId].toSorted(),
  );
  bob.running.conductor.send({ type: "leave-asked" });
  for (const one of [alice, carol]) await sees(one, persons[0], persons[2]);
  await share(alice, carol);
});

test("where only moderators may write call state, everybody meets by sticky memberships", async () => {
  const { persons, room } = await people(true, "alice", "bob");
  const [owner] = persons;
  if (!owner) throw new Error("nobody");
  await allow(owner, room, { [callMemberType]: 50 });
  const bob = await start(persons[1], room, "compatible");
  const canCall = (main: MainProcess) => main.store.state.rooms.find(({ id }) => id === room)?.canCall;
  await vi.waitFor(() => expect(canCall(bob)).toBe(true), SOON);
  await join(bob, room);
  const alice = await start(owner, room, "compatible");
  await vi.waitFor(
    () => expect(alice.store.state.rooms.find(({ id }) => id === room)?.call?.people).toHaveLength(1),
    SOON,
  );
  await join(alice, room);
  for (const one of [alice, bob]) await sees(one, ...persons);
  await share(alice, bob);
  expect(await legacyMembers(owner, room)).toEqual([]);

  // Nor is there a way where encrypted ones are forbidden.
  await allow(owner, room, { [callMemberType]: 50, "m.room.encrypted": 50 });
  await vi.waitFor(() => expect(canCall(bob)).toBe(false), SOON);
  expect(canCall(alice)).toBe(true);
});

describe.each(["compatible", "sticky"] as const)("%s", (form) => {
  test("a redacted membership puts its device out of the call, which says so and stays out", async () => {
    const { persons, room } = await people(true, "alice", "bob");
    const [moderator] = persons;
    if (!moderator) throw new Error("nobody");
    const alice = await start(persons[0], room, form);
    const bob = await start(persons[1], room, form);
    await join(alice, room);
    await join(bob, room);
    await sees(alice, ...persons);
    await sees(bob, ...persons);
    const event = memberEvent(persons[1], alice, room);
    await redact(moderator, room, event);
    await vi.waitFor(
      () => expect(bob.store.state.call).toMatchObject({ phase: "lobby", error: "call-removed" }),
      SOON,
    );
    await sees(alice, persons[0]);
    await sees(bob, persons[0]);
    // Whoever comes now does not see them either.
    await alice.quit();
    const again = await mains.again(alice);
    const synced = () => {
      const { session } = again.store.state;
      return session.phase === "signed-in" && session.sync === "live";
    };
    await vi.waitFor(() => expect(synced()).toBe(true), SOON);
    const listed = again.store.state.rooms.find(({ id }) => id === room);
    expect(listed?.call ?? null).toBeNull();
    expect(listed).toBeDefined();
  });

  test("whoever is kicked from the room is out of its call, and told so", async () => {
    const { persons, room } = await people(true, "alice", "bob");
    const [owner, other] = persons;
    if (!owner || !other) throw new Error("nobody");
    const alice = await start(owner, room, form);
    const bob = await start(other, room, form);
    await join(alice, room);
    await join(bob, room);
    await sees(alice, ...persons);
    await owner.request("POST", `/v3/rooms/${encodeURIComponent(room)}/kick`, { user_id: other.userId });
    await sees(alice, owner);
    await vi.waitFor(
      () => expect(bob.store.state.call).toMatchObject({ phase: "lobby", error: "room-left" }),
      SOON,
    );
  });

  test("a second copy of the app on the same device takes the call over", async () => {
    const { persons, room } = await people(false, "alice", "bob");
    const first = await start(persons[0], room, form);
    const bob = await start(persons[1], room, form);
    await first.quit();
    const folder = `${first.folder}-copy`;
    await cp(first.folder, folder, { recursive: true });
    const alice = await mains.again(first);
    const copy = await mainProcess({ folder });
    try {
      await copy.signIn.restore();
      for (const one of [alice, copy]) {
        one.store.update((state) => ({ ...state, settings: { ...state.settings, membership: form } }));
        await vi.waitFor(() => expect(one.store.state.rooms.map(({ id }) => id)).toContain(room), SOON);
      }
      await join(alice, room);
      await join(bob, room);
      await sees(bob, ...persons);
      await join(copy, room);
      await vi.waitFor(
        () => expect(alice.store.state.call).toMatchObject({ phase: "lobby", error: "call-elsewhere" }),
        SOON,
      );
      await sees(copy, ...persons);
      await sees(bob, ...persons);
      expect(copy.store.state.call?.phase).toBe("joined");
    } finally {
      await copy.quit();
      await copy.remove();
    }
  });
});
