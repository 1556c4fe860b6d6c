import { VerificationPhase } from "matrix-js-sdk/lib/crypto-api/index.js";
import { afterEach, expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { claimCall } from "../../support/callers.ts";
import { mainProcess, type MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import { emojiOf, OtherDevice, reaches } from "../../support/other-device.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  sendState,
  signIn,
  signUp,
  stateOf,
  type Person,
} from "../../support/people.ts";

const servers = mainProcesses();
const { start } = servers;
const others: OtherDevice[] = [];
afterEach(() => {
  for (const other of others.splice(0)) other.stop();
});

const somebody = (name = "alice"): Promise<Person> => signUp(servers.stack.homeserver, freshName(name));

/** Another client of the person's. */
async function otherDevice(person: Person, methods?: string[]): Promise<OtherDevice> {
  const other = await OtherDevice.start(person, methods);
  others.push(other);
  return other;
}

const identity = ({ store }: MainProcess) => store.state.identity;
const verification = (main: MainProcess) => identity(main).verification;
const becomes = (main: MainProcess, expected: object) =>
  vi.waitFor(() => expect(identity(main)).toMatchObject(expected), SOON);
const phaseIs = (main: MainProcess, phase: string) =>
  vi.waitFor(() => expect(verification(main)?.phase).toBe(phase), SOON);
const emoji = (main: MainProcess) => verification(main)?.emoji.map(({ symbol }) => symbol);

/** Somebody who has an identity on another client, and a new sign-in of theirs. */
async function newDevice(options: Parameters<OtherDevice["bootstrap"]>[0] = {}, methods?: string[]) {
  const alice = await somebody();
  const other = await otherDevice(alice, methods);
  const recoveryKey = await other.bootstrap(options);
  const main = await start(alice);
  await becomes(main, { device: "unverified", account: "present", ways: { otherDevice: true } });
  return { alice, other, recoveryKey, main };
}

async function requestAt(other: OtherDevice) {
  await vi.waitFor(() => expect(other.requests.at(-1)?.pending).toBe(true), SOON);
  const request = other.requests.at(-1);
  if (!request) throw new Error("no request");
  return request;
}

const leaveCall = (person: Person, room: string) =>
  sendState(person, room, {
    type: callMemberType,
    stateKey: `_${person.userId}_${person.deviceId}_m.call`,
    content: {},
  });

test("a new account gets an identity and a key backup by itself, and a recovery key when asked", async () => {
  const alice = await somebody();
  const main = await start(alice);
  await becomes(main, { device: "verified", account: "present", recovery: "unset", backup: { phase: "on" } });
  const { recoveryKey } = await main.running.identity.newRecoveryKey();
  expect(recoveryKey).toMatch(/^(\w{4} ){11}\w{4}$/);
  await becomes(main, { recovery: "set" });
  expect(main.lines.join("\n")).not.toContain(recoveryKey.slice(0, 9));

  const second = await start(await signIn(alice));
  await becomes(second, {
    device: "unverified",
    ways: { otherDevice: true, recoveryKey: true },
    backup: { phase: "locked" },
  });
  await second.running.identity.recover(recoveryKey);
  await becomes(second, { device: "verified", backup: { phase: "on" } });
});

test.each([
  ["before the homeserver has it", false],
  ["before it hears that the homeserver has it", true],
])("an app that ends while it makes the identity, %s, has it after the next start", async (_when, isSent) => {
  const alice = await somebody();
  let uploads = 0;
  const stuck: typeof fetch = async (input, init) => {
    const uploading = String(input).includes("/keys/device_signing/upload");
    if (uploading && isSent) await fetch(input, init);
    if (!uploading) return fetch(input, init);
    uploads += 1;
    return new Promise(() => {});
  };
  const before = await mainProcess({ fetch: stuck });
  await before.login(alice);
  await vi.waitFor(() => expect(uploads).toBe(1), SOON);
  expect(identity(before).device).toBe("unknown");
  await before.quit();
  const after = await mainProcess({ folder: before.folder });
  try {
    await after.signIn.restore();
    await becomes(after, {
      device: "verified",
      account: "present",
      recovery: "unset",
      backup: { phase: "on" },
    });
    const other = await otherDevice(await signIn(alice));
    await vi.waitFor(async () => {
      const status = await other.crypto.getDeviceVerificationStatus(
        alice.userId,
        after.running.account.session.device,
      );
      expect(status?.signedByOwner).toBe(true);
    }, SOON);
  } finally {
    await after.quit();
    await after.remove();
  }
});

test("another device verifies this one by emoji, and its secrets come with it", async () => {
  const { alice, other, main } = await newDevice();
  const { device } = main.running.account.session;
  expect(await other.trusts(alice.userId, device)).toBe(false);
  await becomes(main, { backup: { phase: "locked" } });
  await main.running.identity.verify();
  expect(verification(main)).toMatchObject({ phase: "asked", incoming: false, device: null });
  const request = await requestAt(other);
  await request.accept();
  await phaseIs(main, "ready");
  expect(verification(main)?.device).toBe(other.person.deviceId);
  await main.running.identity.compare();
  const theirs = await emojiOf(request);
  await phaseIs(main, "compare");
  expect(emoji(main)).toEqual(theirs.emoji);
  expect(emoji(main)).toHaveLength(7);
  await main.running.identity.confirm(true);
  await theirs.confirm();
  await phaseIs(main, "done");
  await becomes(main, { device: "verified", backup: { phase: "on" } });
  await vi.waitFor(async () => expect(await other.trusts(alice.userId, device)).toBe(true), SOON);
  await main.running.identity.cancel();
  expect(verification(main)).toBeNull();
});

test("another device scans our code", async () => {
  const { other, main } = await newDevice();
  await main.running.identity.verify();
  const request = await requestAt(other);
  await request.accept();
  await phaseIs(main, "ready");
  await vi.waitFor(() => expect(verification(main)?.qr).toBeTypeOf("string"), SOON);
  const verifier = await request.scanQRCode(
    Uint8ClampedArray.from(Buffer.from(verification(main)?.qr ?? "", "base64")),
  );
  const verified = verifier.verify();
  await phaseIs(main, "scanned");
  await main.running.identity.confirm(true);
  await verified;
  await phaseIs(main, "done");
  await becomes(main, { device: "verified", backup: { phase: "on" } });
});

test("we scan the code of another device that has no camera", async () => {
  const { other, main } = await newDevice({}, ["m.sas.v1", "m.qr_code.show.v1", "m.reciprocate.v1"]);
  await main.running.identity.verify();
  const request = await requestAt(other);
  await request.accept();
  await phaseIs(main, "ready");
  expect(verification(main)?.canScan).toBe(true);
  const code = await request.generateQRCode();
  await expect(
    main.running.identity.scanned(Buffer.from("something else").toString("base64")),
  ).rejects.toThrow();
  await main.running.identity.scanned(Buffer.from(code ?? []).toString("base64"));
  await reaches(request, VerificationPhase.Started);
  await phaseIs(main, "waiting");
  request.verifier?.verify().catch(() => undefined);
  request.verifier?.getReciprocateQrCodeCallbacks()?.confirm();
  await phaseIs(main, "done");
  await becomes(main, { device: "verified" });
});

test("a wrong recovery key changes nothing, the right passphrase verifies", async () => {
  const passphrase = "correct horse battery staple";
  const { other, main } = await newDevice({ passphrase });
  await expect(main.running.identity.recover("not it")).rejects.toMatchObject({ code: "wrong-recovery-key" });
  const stranger = await other.crypto.createRecoveryKeyFromPassphrase();
  await expect(main.running.identity.recover(stranger.encodedPrivateKey ?? "")).rejects.toMatchObject({
    code: "wrong-recovery-key",
  });
  expect(identity(main)).toMatchObject({ device: "unverified", backup: { phase: "locked" } });
  await main.running.identity.recover(passphrase);
  await becomes(main, { device: "verified", backup: { phase: "on" } });
});

test("emoji that differ end it on both sides, and either may give up", async () => {
  const { other, main } = await newDevice();
  await main.running.identity.verify();
  const request = await requestAt(other);
  await request.accept();
  await phaseIs(main, "ready");
  await main.running.identity.compare();
  await emojiOf(request);
  await phaseIs(main, "compare");
  await main.running.identity.confirm(false);
  expect(verification(main)).toMatchObject({ phase: "cancelled", reason: "mismatch" });
  await vi.waitFor(() => expect(request.cancellationCode).toBe("m.mismatched_sas"), SOON);
  expect(identity(main).device).toBe("unverified");

  await main.running.identity.verify();
  const second = await requestAt(other);
  await second.cancel();
  await vi.waitFor(
    () => expect(verification(main)).toMatchObject({ phase: "cancelled", reason: "refused" }),
    SOON,
  );

  await main.running.identity.verify();
  const third = await requestAt(other);
  await main.running.identity.cancel();
  expect(verification(main)).toBeNull();
  await vi.waitFor(() => expect(third.phase).toBe(VerificationPhase.Cancelled), SOON);
});

test("a reset wants the password, and a wrong one loses nothing", async () => {
  const { alice, other, recoveryKey, main } = await newDevice();
  const before = await other.crypto.getCrossSigningKeyId();
  await expect(main.running.identity.reset(null)).rejects.toMatchObject({ code: "password-needed" });
  await expect(main.running.identity.reset("guess")).rejects.toMatchObject({ code: "wrong-password" });
  await main.running.identity.recover(recoveryKey);
  await becomes(main, { device: "verified", backup: { phase: "on" } });
  await expect(main.running.identity.reset("guess")).rejects.toMatchObject({ code: "wrong-password" });
  await becomes(main, { device: "verified", recovery: "set", backup: { phase: "on" } });
  expect(await main.running.account.client.getCrypto()?.getCrossSigningKeyId()).toBe(before);

  const { recoveryKey: anew } = await main.running.identity.reset(alice.password);
  await becomes(main, { device: "verified", account: "present", recovery: "set", backup: { phase: "on" } });
  expect(await main.running.account.client.getCrypto()?.getCrossSigningKeyId()).not.toBe(before);
  const second = await start(await signIn(alice));
  await becomes(second, { device: "unverified", ways: { recoveryKey: true } });
  await expect(second.running.identity.recover(recoveryKey)).rejects.toMatchObject({
    code: "wrong-recovery-key",
  });
  await second.running.identity.recover(anew);
  await becomes(second, { device: "verified", backup: { phase: "on" } });
});

test("two Carillons of one account verify each other", async () => {
  const alice = await somebody();
  const first = await start(alice);
  await becomes(first, { device: "verified" });
  const second = await start(await signIn(alice));
  await becomes(second, { device: "unverified", ways: { otherDevice: true } });
  await second.running.identity.verify();
  await phaseIs(first, "asked");
  expect(verification(first)).toMatchObject({ incoming: true, person: { user: alice.userId } });
  await first.running.identity.accept();
  await phaseIs(second, "ready");
  await phaseIs(first, "ready");
  await first.running.identity.compare();
  await Promise.all([phaseIs(first, "compare"), phaseIs(second, "compare")]);
  expect(emoji(first)).toEqual(emoji(second));
  await second.running.identity.confirm(true);
  await phaseIs(second, "waiting");
  await first.running.identity.confirm(true);
  await Promise.all([phaseIs(first, "done"), phaseIs(second, "done")]);
  await becomes(second, { device: "verified", backup: { phase: "on" } });
});

test("a ring that an encrypted room had before this device was there is in the list once its key is restored", async () => {
  const [alice, bob] = [await somebody(), await somebody("bob")];
  const room = (await makeRoom(bob, [alice], { direct: true })) as RoomId;
  const [other, caller] = [await otherDevice(alice), await otherDevice(bob)];
  const recoveryKey = await other.bootstrap();
  await claimCall(bob, room, "https://sfu.invalid");
  const member = (await stateOf(bob, room, callMemberType)).find(({ sender }) => sender === bob.userId);
  await caller.send(room, "org.matrix.msc4075.rtc.notification", {
    notification_type: "ring",
    "m.mentions": { user_ids: [alice.userId], room: false },
    "m.relates_to": { rel_type: "m.reference", event_id: member?.event_id },
    sender_ts: Date.now(),
    lifetime: 60_000,
  });
  await leaveCall(bob, room);
  await vi.waitFor(
    async () => expect(await alice.request("GET", "/v3/room_keys/version")).toMatchObject({ count: 1 }),
    SOON,
  );

  const main = await start(alice, room);
  await becomes(main, { device: "unverified", backup: { phase: "locked" } });
  expect(main.store.state.calls).toEqual([]);
  await main.running.identity.recover(recoveryKey);
  await vi.waitFor(
    () =>
      expect(main.store.state.calls).toMatchObject([
        { room, direction: "incoming", outcome: "missed", caller: { user: bob.userId } },
      ]),
    SOON,
  );
});
