import { expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { acceptInvitation } from "../../../electron/matrix/people.ts";
import type { Participant, VerificationState } from "../../../shared/state/app-state.ts";
import { claimCall } from "../../support/callers.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import { freshName, makeRoom, signIn, signUp, type Person } from "../../support/people.ts";

const mains = mainProcesses();

async function people(...names: string[]): Promise<{ persons: Person[]; room: RoomId }> {
  const persons = await Promise.all(names.map((name) => signUp(mains.stack.homeserver, freshName(name))));
  const [owner, ...others] = persons;
  if (!owner) throw new Error("nobody");
  return { persons, room: (await makeRoom(owner, others)) as RoomId };
}

async function join(main: MainProcess, room: RoomId): Promise<void> {
  main.running.conductor.open(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
}

/** With the identity that a new account gets. */
async function verified(person: Person, room: RoomId): Promise<MainProcess> {
  const main = await mains.start(person, room);
  await vi.waitFor(() => expect(main.store.state.identity.device).toBe("verified"), SOON);
  return main;
}

/** By emoji, in their direct room. */
async function verify(one: MainProcess, other: MainProcess): Promise<void> {
  const until = (phase: VerificationState["phase"]) =>
    vi.waitFor(() => {
      for (const { store } of [one, other]) expect(store.state.identity.verification?.phase).toBe(phase);
    }, SOON);
  await one.running.identity.verifyPerson(other.signIn.required.session.user);
  const invitation = () => other.store.state.invitations[0];
  await vi.waitFor(() => expect(invitation()).toBeDefined(), SOON);
  await acceptInvitation(other.signIn.required.client, invitation()?.room ?? "!none");
  await vi.waitFor(() => expect(other.store.state.identity.verification?.incoming).toBe(true), SOON);
  await other.running.identity.accept();
  await until("ready");
  await one.running.identity.compare();
  await until("compare");
  await one.running.identity.confirm(true);
  await other.running.identity.confirm(true);
  await until("done");
}

const seen = (main: MainProcess, of: MainProcess): Participant | undefined =>
  main.store.state.call?.participants.find(({ device }) => device === of.signIn.required.session.device);
const sees = (main: MainProcess, of: MainProcess, what: Partial<Participant>) =>
  vi.waitFor(() => expect(seen(main, of)).toMatchObject(what), SOON);
const only = (main: MainProcess, verifiedOnly: boolean) =>
  main.store.update((state) => ({ ...state, settings: { ...state.settings, verifiedOnly } }));

const ownKey = (main: MainProcess) => main.running.conductor.keys().findLast(({ own }) => own);
/** Whether the one can decrypt what the other sends now. */
const hears = (main: MainProcess, other: MainProcess): boolean => {
  const wanted = ownKey(other);
  return main.running.conductor
    .keys()
    .some(
      ({ identity, index, key }) =>
        wanted?.identity === identity && wanted.index === index && Buffer.compare(key, wanted.key) === 0,
    );
};
const code = (main: MainProcess) => main.store.state.call?.safetyCode ?? null;

test("trust follows what becomes of somebody's identity during a call", async () => {
  const { persons, room } = await people("alice", "bob");
  const [first, second] = persons as [Person, Person];
  const [alice, bob] = [await verified(first, room), await verified(second, room)];
  await join(alice, room);
  await join(bob, room);
  await sees(alice, bob, { trust: "signed", ourKey: "sent" });
  await sees(alice, alice, { trust: "verified" });
  const tablet = await mains.start(second, room);
  await join(tablet, room);
  await sees(alice, tablet, { trust: "unverified", ourKey: "sent" });
  await sees(tablet, tablet, { trust: "unverified" });

  await verify(alice, bob);
  await sees(alice, bob, { trust: "verified" });
  await sees(alice, tablet, { trust: "unverified" });
  await bob.running.identity.reset(second.password);
  await sees(alice, bob, { trust: "changed" });
});

test("a key for verified devices only goes to no other, and the setting counts at once", async () => {
  const { persons, room } = await people("alice", "bob", "carol");
  const [first, second, third] = persons as [Person, Person, Person];
  const [alice, carol, other] = [
    await verified(first, room),
    await verified(third, room),
    await verified(second, room),
  ];
  /** Bob's second device, which nothing has verified. */
  const bob = await mains.start(second, room);
  for (const main of [alice, bob, carol]) await join(main, room);
  await vi.waitFor(() => expect([hears(bob, alice), hears(carol, alice)]).toEqual([true, true]), SOON);

  only(alice, true);
  await sees(alice, bob, { trust: "unverified", ourKey: "withheld" });
  // Not only from the next key on: what Bob holds is not used any more.
  await vi.waitFor(() => expect([hears(bob, alice), hears(carol, alice)]).toEqual([false, true]), SOON);
  await sees(alice, carol, { trust: "signed", ourKey: "sent" });
  expect(hears(alice, bob)).toBe(true);

  await other.signIn.required.client.getCrypto()?.crossSignDevice(bob.signIn.required.session.device);
  await sees(alice, bob, { trust: "signed", ourKey: "sent" });
  await vi.waitFor(() => expect(hears(bob, alice)).toBe(true), SOON);

  await carol.running.identity.reset(third.password);
  await sees(alice, carol, { trust: "changed", ourKey: "withheld" });
  await vi.waitFor(() => expect([hears(bob, alice), hears(carol, alice)]).toEqual([true, false]), SOON);
  only(alice, false);
  await vi.waitFor(() => expect([hears(bob, alice), hears(carol, alice)]).toEqual([true, true]), SOON);
});

test("all read the same safety code, which a device in between changes, and a member without keys takes away", async () => {
  const { persons, room } = await people("alice", "bob");
  const [first, second] = persons as [Person, Person];
  const [alice, bob] = [await verified(first, room), await verified(second, room)];
  await join(alice, room);
  expect(code(alice)).toBeNull();
  await join(bob, room);
  await vi.waitFor(() => expect(code(alice)).toMatch(/^(\d{5} ){11}\d{5}$/), SOON);
  await vi.waitFor(() => expect(code(bob)).toBe(code(alice)), SOON);
  const two = code(alice);

  // Somebody who has Bob's password.
  const between = await mains.start(second, room);
  await join(between, room);
  await vi.waitFor(() => expect(code(between)).toMatch(/\d/), SOON);
  await vi.waitFor(() => expect([code(alice), code(bob)]).toEqual([code(between), code(between)]), SOON);
  expect(code(alice)).not.toBe(two);
  between.running.conductor.send({ type: "leave-asked" });
  await vi.waitFor(() => expect([code(alice), code(bob)]).toEqual([two, two]), SOON);

  const keyless = await signIn(second);
  await claimCall(keyless, room, mains.stack.authorization.url);
  await vi.waitFor(() => expect([code(alice), code(bob)]).toEqual([null, null]), SOON);
  await vi.waitFor(
    () =>
      expect(
        alice.store.state.call?.participants.find(({ device }) => device === keyless.deviceId),
      ).toMatchObject({ trust: "unknown", ourKey: "undeliverable" }),
    SOON,
  );
});
