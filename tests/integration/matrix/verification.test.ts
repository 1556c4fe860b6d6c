import { VerificationPhase } from "matrix-js-sdk/lib/crypto-api/index.js";
import { afterEach, expect, test, vi } from "vitest";

import type { RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import { OtherDevice } from "../../support/other-device.ts";
import { freshName, makeRoom, signIn, signUp, type Person } from "../../support/people.ts";

const servers = mainProcesses();
const { start } = servers;
const others: OtherDevice[] = [];
afterEach(() => {
  for (const other of others.splice(0)) other.stop();
});

const somebody = (name: string): Promise<Person> => signUp(servers.stack.homeserver, freshName(name));

/** Another client with an identity. */
async function otherDevice(person: Person): Promise<OtherDevice> {
  const other = await OtherDevice.start(person);
  others.push(other);
  await other.bootstrap({ storage: false });
  return other;
}

const identity = ({ store }: MainProcess) => store.state.identity;
const verification = (main: MainProcess) => identity(main).verification;
const becomes = (main: MainProcess, expected: object) =>
  vi.waitFor(() => expect(identity(main)).toMatchObject(expected), SOON);
const shows = (main: MainProcess, expected: object) =>
  vi.waitFor(() => expect(verification(main)).toMatchObject(expected), SOON);
const trusted = (main: MainProcess, user: string) =>
  main.running.account.client
    .getCrypto()
    ?.getUserVerificationStatus(user)
    .then((trust) => trust.isVerified());

test("two people verify each other by emoji in their direct room", async () => {
  const [alice, bob] = [await somebody("alice"), await somebody("bob")];
  const room = (await makeRoom(alice, [bob], { direct: true })) as RoomId;
  const [hers, his] = [await start(alice, room), await start(bob, room)];
  await becomes(hers, { device: "verified" });
  await becomes(his, { device: "verified" });
  await hers.running.identity.verifyPerson(bob.userId as UserId);
  await shows(his, { phase: "asked", incoming: true, person: { user: alice.userId, name: "Alice" } });
  expect(his.desktop.askedFor).toMatchObject([{ notice: { title: "Verify Alice" } }]);
  await his.running.identity.accept();
  await shows(hers, { phase: "ready", device: his.running.account.session.device });
  await shows(his, { phase: "ready" });
  expect([hers, his].flatMap(({ desktop }) => desktop.askedFor)).toEqual([]);
  await his.running.identity.compare();
  await Promise.all([shows(hers, { phase: "compare" }), shows(his, { phase: "compare" })]);
  expect(verification(hers)?.emoji).toEqual(verification(his)?.emoji);
  await Promise.all([hers.running.identity.confirm(true), his.running.identity.confirm(true)]);
  await Promise.all([shows(hers, { phase: "done" }), shows(his, { phase: "done" })]);
  await vi.waitFor(async () => expect(await trusted(hers, bob.userId)).toBe(true), SOON);
  await vi.waitFor(async () => expect(await trusted(his, alice.userId)).toBe(true), SOON);
});

test("of many who ask one is shown, a refused one no more, and a device of our own goes before", async () => {
  const alice = await somebody("alice");
  const mallories = [await somebody("mallory"), await somebody("mallory"), await somebody("mallory")];
  const rooms = await Promise.all(mallories.map((mallory) => makeRoom(mallory, [alice], { direct: true })));
  const devices = await Promise.all(mallories.map(otherDevice));
  const main = await start(alice, ...(rooms as RoomId[]));
  await becomes(main, { device: "verified" });
  const asks = async (index: number) => {
    await devices[index]?.crypto.getUserDeviceInfo([alice.userId], true);
    return devices[index]?.crypto.requestVerificationDM(alice.userId, rooms[index] ?? "");
  };
  const first = await asks(0);
  await shows(main, { phase: "asked", person: { user: mallories[0]?.userId } });
  const second = await asks(1);
  expect(verification(main)?.person.user).toBe(mallories[0]?.userId);
  // The other waited for this.
  await main.running.identity.cancel();
  await vi.waitFor(() => expect(first?.phase).toBe(VerificationPhase.Cancelled), SOON);
  await shows(main, { person: { user: mallories[1]?.userId } });
  // What they withdraw before anybody answered is gone without a word.
  await second?.cancel();
  await vi.waitFor(() => expect(verification(main)).toBeNull(), SOON);
  await asks(0);
  await asks(2);
  await shows(main, { person: { user: mallories[2]?.userId } });

  const own = await OtherDevice.start(await signIn(alice));
  others.push(own);
  // What a device that nobody knows yet asks is dropped by the crypto library.
  const known = () => main.running.account.client.getCrypto()?.getUserDeviceInfo([alice.userId]);
  await vi.waitFor(
    async () => expect((await known())?.get(alice.userId)?.has(own.person.deviceId)).toBe(true),
    SOON,
  );
  const request = await own.crypto.requestOwnUserVerification();
  await shows(main, { phase: "asked", person: { user: alice.userId }, device: own.person.deviceId });
  await main.running.identity.accept();
  await vi.waitFor(() => expect(request.phase).toBe(VerificationPhase.Ready), SOON);
});

test("two devices of somebody that ask at the same time end that, and one may ask again", async () => {
  const alice = await somebody("alice");
  const first = await start(alice);
  await becomes(first, { device: "verified" });
  const second = await start(await signIn(alice));
  await becomes(second, { device: "unverified", ways: { otherDevice: true } });
  await Promise.all([first.running.identity.verify(), second.running.identity.verify()]);
  // Neither is shown the other's.
  await Promise.all([shows(first, { phase: "cancelled" }), shows(second, { phase: "cancelled" })]);
  await second.running.identity.verify();
  await shows(first, { phase: "asked", incoming: true });
  await first.running.identity.accept();
  await Promise.all([shows(first, { phase: "ready" }), shows(second, { phase: "ready" })]);
});

test("a device that is killed while it is verified begins again after", async () => {
  const alice = await somebody("alice");
  const first = await start(alice);
  await becomes(first, { device: "verified" });
  const second = await start(await signIn(alice));
  await becomes(second, { device: "unverified", ways: { otherDevice: true } });
  await second.running.identity.verify();
  await shows(first, { phase: "asked" });
  await first.running.identity.accept();
  await shows(second, { phase: "ready" });
  const after = await servers.again((await second.quit(), second));
  await shows(first, { phase: "cancelled", reason: "refused" });
  await becomes(after, { device: "unverified", verification: null });
  await after.running.identity.verify();
  await shows(first, { phase: "asked", incoming: true });
  await first.running.identity.accept();
  await shows(after, { phase: "ready" });
  await after.running.identity.compare();
  await Promise.all([shows(first, { phase: "compare" }), shows(after, { phase: "compare" })]);
  await Promise.all([first.running.identity.confirm(true), after.running.identity.confirm(true)]);
  await becomes(after, { device: "verified", backup: { phase: "on" } });
});
