import { ClientEvent } from "matrix-js-sdk";
import { expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { claimCall } from "../../support/callers.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import { OtherDevice } from "../../support/other-device.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  sendEvent,
  signIn,
  signUp,
  stateOf,
} from "../../support/people.ts";

const mains = mainProcesses();
const KEYS = "io.element.call.encryption_keys";

/** Alice in the call of a room, and two devices of Bob's of which one is in it; what each hears of keys. */
async function scene() {
  const [alice, bob] = await Promise.all(
    ["alice", "bob"].map((name) => signUp(mains.stack.homeserver, freshName(name))),
  );
  if (!alice || !bob) throw new Error("nobody");
  const room = (await makeRoom(alice, [bob])) as RoomId;
  const main = await mains.start(alice, room);
  const member = await OtherDevice.start(bob);
  await member.bootstrap({ storage: false });
  const spare = await OtherDevice.start(await signIn(bob));
  const heard = new Map<OtherDevice, unknown[]>([
    [member, []],
    [spare, []],
  ]);
  for (const [device, keys] of heard)
    device.client.on(ClientEvent.ReceivedToDeviceMessage, ({ message, encryptionInfo }) => {
      if (message.type === KEYS) keys.push({ ...message.content, encrypted: encryptionInfo !== null });
    });
  main.running.conductor.open(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
  await claimCall(bob, room, mains.stack.authorization.url);
  return { alice, bob, room, main, member, spare, heard };
}

const held = (main: MainProcess, of: string): string[] =>
  main.running.conductor
    .keys()
    .filter(({ identity, own }) => !own && identity === of)
    .map(({ index, key }) => `${index} ${Buffer.from(key).toString("base64")}`);

test("our key goes encrypted to the member's device and no other", async () => {
  const { main, member, spare, heard, room } = await scene();
  const { user, device } = main.signIn.required.session;
  const own = () => main.running.conductor.keys().findLast((key) => key.own);
  // A new one that is on its way is not in use yet.
  await vi.waitFor(
    () =>
      expect(heard.get(member)?.at(-1)).toEqual({
        keys: { index: own()?.index, key: Buffer.from(own()?.key ?? []).toString("base64") },
        room_id: room,
        member: { id: `${user}:${device}`, claimed_device_id: device },
        session: { call_id: "", application: "m.call", scope: "m.room" },
        sent_ts: expect.any(Number),
        encrypted: true,
      }),
    SOON,
  );
  await vi.waitFor(
    () =>
      expect(
        main.store.state.call?.participants.find((one) => one.device === member.person.deviceId)?.ourKey,
      ).toBe("sent"),
    SOON,
  );
  expect(heard.get(member)).not.toContainEqual(expect.objectContaining({ encrypted: false }));
  expect(heard.get(spare)).toEqual([]);
  member.stop();
  spare.stop();
});

test("of all that poses as a member's key, only what its device encrypted for this call is taken", async () => {
  const { alice, bob, room, main, member, spare } = await scene();
  const { device } = main.signIn.required.session;
  const identity = `${bob.userId}:${bob.deviceId}`;
  const message = (index: number, changes: object = {}) => ({
    keys: { index, key: Buffer.alloc(16, index).toString("base64") },
    room_id: room,
    member: { id: identity, claimed_device_id: bob.deviceId },
    session: { call_id: "", application: "m.call", scope: "m.room" },
    sent_ts: Date.now(),
    ...changes,
  });
  const send = async (from: OtherDevice, content: object) => {
    await from.crypto.getUserDeviceInfo([alice.userId], true);
    const to = [{ userId: alice.userId, deviceId: device }];
    const batch = await from.crypto.encryptToDeviceMessages(KEYS, to, { ...content });
    expect(batch.batch).toHaveLength(1);
    const messages = batch.batch.map(({ payload }) => [alice.userId, new Map([[device, payload]])] as const);
    await from.client.sendToDevice("m.room.encrypted", new Map(messages));
  };

  await member.client.sendToDevice(KEYS, new Map([[alice.userId, new Map([[device, message(1)]])]]));
  await send(spare, message(2));
  await send(spare, message(3, { member: { id: identity, claimed_device_id: spare.person.deviceId } }));
  await send(member, message(4, { room_id: "!other:hs" }));
  await send(member, message(5, { session: { call_id: "", application: "org.board", scope: "m.room" } }));
  await send(member, message(6, { session: { call_id: "other", application: "m.call", scope: "m.room" } }));
  await send(member, message(7, { keys: { index: 7, key: "AAAA" } }));
  await send(member, message(8));
  // Comes with a later answer of the server than all of these, or with the same.
  const event = (await stateOf(bob, room, callMemberType)).find(({ sender }) => sender === bob.userId);
  const relation = { rel_type: "m.annotation", event_id: event?.event_id, key: "🖐️" };
  await sendEvent(bob, room, "m.reaction", { "m.relates_to": relation });
  await vi.waitFor(
    () =>
      expect(
        main.store.state.call?.participants.find(({ user }) => user === bob.userId)?.handAt,
      ).not.toBeNull(),
    SOON,
  );
  await vi.waitFor(() => expect(held(main, identity)).toHaveLength(1), SOON);
  expect(held(main, identity)).toEqual([`8 ${Buffer.alloc(16, 8).toString("base64")}`]);
  member.stop();
  spare.stop();
});
