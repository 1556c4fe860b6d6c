import { ClientEvent } from "matrix-js-sdk";
import { expect, test, vi } from "vitest";

import { sendEvent } from "../../../electron/matrix/signals-send.ts";
import { sendEncrypted } from "../../../electron/matrix/to-device.ts";
import { sfuIdentity } from "../../../electron/rtc/identity.ts";
import type { RoomId, UserId } from "../../../shared/matrix/ids.ts";
import { mainProcesses, ownKey, SOON } from "../../support/main-processes.ts";
import { OtherDevice } from "../../support/other-device.ts";
import { freshName, makeRoom, signUp } from "../../support/people.ts";

const mains = mainProcesses();
const KEYS = "io.element.call.encryption_keys";

test("a member of MSC4143's newest text is given our key and gives theirs by the device that encrypted the membership", async () => {
  const alice = await signUp(mains.stack.homeserver, freshName("alice"));
  const bob = await signUp(mains.stack.homeserver, freshName("bob"));
  const room = (await makeRoom(alice, [bob])) as RoomId;
  const main = await mains.start(alice, room);
  const theirs = await OtherDevice.start(bob);
  const { client } = theirs;
  await vi.waitFor(() => expect(client.getRoom(room)?.hasEncryptionStateEvent()).toBe(true), SOON);
  const heard: unknown[] = [];
  client.on(ClientEvent.ReceivedToDeviceMessage, ({ message, encryptionInfo }) => {
    if (message.type === KEYS && encryptionInfo) heard.push(message.content["keys"]);
  });
  main.running.conductor.lobby(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);

  const service = { type: "livekit", livekit_service_url: mains.stack.authorization.url };
  const member = (id: string, member: object) => ({
    slot_id: "m.call#ROOM",
    member: { id, ...member },
    application: { type: "m.call", intent: "video" },
    transports: { published: [service], can_subscribe: ["livekit"] },
    versions: [],
    msc4354_sticky_key: id,
  });
  const send = (content: object) =>
    sendEvent(client, room, "org.matrix.msc4143.rtc.member", content, 600_000);
  // One that names a device which did not encrypt it is nobody.
  await send(member("forged", { user_id: bob.userId, device_id: "ANOTHER" }));
  await send(member("text", { membership: "join" }));

  const others = () => main.store.state.call?.participants.filter(({ local }) => !local) ?? [];
  await vi.waitFor(
    () => expect(others()).toMatchObject([{ user: bob.userId, device: bob.deviceId, ourKey: "sent" }]),
    SOON,
  );
  const identity = sfuIdentity([bob.userId as UserId, "text"]);
  expect(others()).toMatchObject([{ identity, key: "waiting" }]);
  await vi.waitFor(
    () =>
      expect(heard).toContainEqual({
        index: ownKey(main)?.index,
        key: Buffer.from(ownKey(main)?.key ?? []).toString("base64"),
      }),
    SOON,
  );

  const { user, device } = main.signIn.required.session;
  const key = Buffer.alloc(16, 7).toString("base64");
  await theirs.crypto.getUserDeviceInfo([user], true);
  await sendEncrypted(
    client,
    theirs.crypto,
    {
      type: KEYS,
      content: {
        keys: { index: 3, key },
        room_id: room,
        member: { id: "text", claimed_device_id: bob.deviceId },
        session: { call_id: "", application: "m.call", scope: "m.room" },
        sent_ts: Date.now(),
      },
    },
    [{ user, device }],
  );
  await vi.waitFor(() => expect(others()).toMatchObject([{ key: "have" }]), SOON);
  const held = main.running.conductor.keys().filter((one) => one.identity === identity);
  expect(held.map((one) => [one.index, Buffer.from(one.key).toString("base64")])).toEqual([[3, key]]);

  // What is sent again is the same stay, of a device that is known already.
  const [before] = others();
  const ids = new Set<string>();
  main.store.subscribe(() => others().forEach(({ id }) => ids.add(id)));
  await send({ ...member("text", { membership: "join" }), application: { type: "m.call", intent: "audio" } });
  await send({ ...member("text", { membership: "leave" }) });
  await vi.waitFor(() => expect(others()).toEqual([]), SOON);
  expect([...ids]).toEqual([before?.id]);
  theirs.stop();
});
