import { expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import type { Participant } from "../../../shared/state/app-state.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  redact,
  sendEvent,
  signUp,
  stateOf,
  type Person,
} from "../../support/people.ts";
import { claimCall } from "../../support/callers.ts";

const mains = mainProcesses();

async function people(...names: string[]): Promise<{ persons: Person[]; room: RoomId }> {
  const persons = await Promise.all(names.map((name) => signUp(mains.stack.homeserver, freshName(name))));
  const [owner, ...others] = persons;
  if (!owner) throw new Error("nobody");
  return { persons, room: (await makeRoom(owner, others)) as RoomId };
}

async function inCall(
  person: Person | undefined,
  room: RoomId,
  membership: "compatible" | "sticky" = "compatible",
): Promise<MainProcess> {
  if (!person) throw new Error("nobody");
  const main = await mains.start(person, room);
  main.store.update((state) => ({ ...state, settings: { ...state.settings, membership } }));
  main.running.conductor.open(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
  return main;
}

const seen = (main: MainProcess, of: Person | undefined): Participant | undefined =>
  main.store.state.call?.participants.find(({ user }) => user === of?.userId);
const sees = (main: MainProcess, of: Person | undefined, what: Partial<Participant>) =>
  vi.waitFor(() => expect(seen(main, of)).toMatchObject(what), SOON);
const up = { handAt: expect.any(Number) as number };
const down = { handAt: null };

test("a raised hand is seen by all, also by who joins later, over a new member event, until it is lowered", async () => {
  const { persons, room } = await people("alice", "bob", "carol");
  const [alice, bob] = [await inCall(persons[0], room), await inCall(persons[1], room)];
  await sees(bob, persons[0], down);
  await alice.running.hands.raise(room, true);
  await sees(alice, persons[0], up);
  await sees(bob, persons[0], up);
  const carol = await inCall(persons[2], room);
  await sees(carol, persons[0], up);

  const watcher = persons[1] as Person;
  const member = async () =>
    (await stateOf(watcher, room, callMemberType)).find(({ sender }) => sender === persons[0]?.userId)
      ?.event_id ?? "";
  const before = await member();
  alice.running.conductor.send({ type: "intent-changed", intent: "audio" });
  await vi.waitFor(async () => expect(await member()).not.toBe(before), SOON);
  const path = `/v1/rooms/${encodeURIComponent(room)}/relations/${encodeURIComponent(await member())}`;
  await vi.waitFor(
    async () => expect(await watcher.request("GET", path)).toMatchObject({ chunk: [{ type: "m.reaction" }] }),
    SOON,
  );
  await sees(bob, persons[0], up);

  await alice.running.hands.raise(room, false);
  await sees(bob, persons[0], down);
  await sees(carol, persons[0], down);
});

test("a reaction is seen by the others for a while, encrypted on its way", async () => {
  const { persons, room } = await people("alice", "bob");
  const [alice, bob] = [await inCall(persons[0], room), await inCall(persons[1], room)];
  await sees(bob, persons[0], { key: "have" });
  const reacting = alice.running.hands.react(room, "🎉");
  expect(seen(alice, persons[0])?.reaction).toBe("🎉");
  await reacting;
  await sees(bob, persons[0], { reaction: "🎉" });
  await sees(bob, persons[0], { reaction: null });
  const { chunk } = await (persons[1] as Person).request<{ chunk: { type: string; sender: string }[] }>(
    "GET",
    `/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=50`,
  );
  expect(chunk.some(({ type }) => type === "io.element.call.reaction")).toBe(false);
});

test("hands and reactions as other clients write them are seen, and nobody's for somebody else", async () => {
  const { persons, room } = await people("alice", "bob", "mallory");
  const [, bob, mallory] = persons as [Person, Person, Person];
  const alice = await inCall(persons[0], room);
  await claimCall(bob, room, mains.stack.authorization.url);
  await sees(alice, bob, down);
  const member = (await stateOf(bob, room, callMemberType)).find(({ sender }) => sender === bob.userId);
  const hand = {
    "m.relates_to": { rel_type: "m.annotation", event_id: member?.event_id, key: "🖐️" },
  };
  const reaction = (emoji: string) => ({
    "m.relates_to": { rel_type: "m.reference", event_id: member?.event_id },
    emoji,
    name: "thumbsup",
  });
  await sendEvent(mallory, room, "m.reaction", hand);
  await sendEvent(mallory, room, "io.element.call.reaction", reaction("👎"));
  // What Bob says comes after, so that what Mallory said has come by then.
  const id = await sendEvent(bob, room, "m.reaction", hand);
  await sees(alice, bob, { ...up, reaction: null });
  await redact(mallory, room, id).catch(() => undefined);
  await sendEvent(bob, room, "io.element.call.reaction", reaction("👍👍"));
  await sees(alice, bob, { ...up, reaction: "👍" });
  await redact(bob, room, id);
  await sees(alice, bob, down);
});

test("members of either dialect see each other's hands and reactions, and read the same safety code", async () => {
  const { persons, room } = await people("alice", "bob");
  const alice = await inCall(persons[0], room, "sticky");
  await alice.running.hands.raise(room, true);
  const bob = await inCall(persons[1], room);
  await sees(bob, persons[0], { ...up, key: "have" });
  await bob.running.hands.raise(room, true);
  await sees(alice, persons[1], up);
  await alice.running.hands.react(room, "👍");
  await sees(bob, persons[0], { reaction: "👍" });
  await vi.waitFor(() => expect(alice.store.state.call?.safetyCode).toMatch(/^(\d{5} ){11}\d{5}$/), SOON);
  await vi.waitFor(
    () => expect(bob.store.state.call?.safetyCode).toBe(alice.store.state.call?.safetyCode),
    SOON,
  );
  const members = await stateOf(persons[1] as Person, room, callMemberType);
  expect(members.map(({ sender }) => sender)).toEqual([persons[1]?.userId]);

  // Also over the new member event of a camera that is switched off.
  alice.running.conductor.send({ type: "intent-changed", intent: "audio" });
  const raises = async () => {
    const { chunk } = await (persons[1] as Person).request<{ chunk: { type: string; sender: string }[] }>(
      "GET",
      `/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=50`,
    );
    return chunk.filter(({ type, sender }) => type === "m.reaction" && sender === persons[0]?.userId).length;
  };
  await vi.waitFor(async () => expect(await raises()).toBe(2), SOON);
  await sees(bob, persons[0], up);
  await alice.running.hands.raise(room, false);
  await sees(bob, persons[0], down);
});
