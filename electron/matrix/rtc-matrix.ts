import {
  ClientEvent,
  ClientPrefix,
  EventType,
  Method,
  RoomEvent,
  RoomMemberEvent,
  type MatrixClient,
  type Room,
} from "matrix-js-sdk";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import * as v from "valibot";

import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import { LEGACY_MEMBER, STICKY_MEMBER } from "../../shared/rtc/member-event.ts";
import { RtcRequestError, type RtcMatrix } from "../rtc/ports.ts";
import { ask, REQUEST, sent } from "./ask.ts";
import { all, on } from "./listen.ts";
import { memberEvents, onMemberEvent } from "./member-events.ts";
import { SenderDevices } from "./sender-devices.ts";
import { hasSticky, sendEvent } from "./signals-send.ts";
import { sendEncrypted } from "./to-device.ts";
import { livekitRequest, rtcTransports } from "./transports.ts";

const STICKY_MS = "org.matrix.msc4354.sticky_duration_ms";
const DELAYED = "org.matrix.msc4140";

/** The engine's homeserver over matrix-js-sdk. Call it once the client has crypto and rooms. */
export function rtcMatrix(client: MatrixClient): RtcMatrix {
  const crypto = client.getCrypto();
  if (!crypto) throw new Error("the client has no crypto");
  const senders = new SenderDevices(crypto);
  const room = (id: RoomId): Room | null => client.getRoom(id);

  return {
    // The client was made with both.
    user: client.getSafeUserId() as UserId,
    device: client.getDeviceId() ?? "",

    rooms: () => client.getRooms().filter(isJoined).map(idOf),
    roomVersion: (id) => room(id)?.getVersion() ?? "1",
    isEncrypted: (id) => room(id)?.hasEncryptionStateEvent() ?? false,
    isJoined: (id, user) => room(id)?.getMember(user)?.membership === "join",
    isUpgraded: (id) => room(id)?.currentState.getStateEvents("m.room.tombstone", "") != null,
    maySend(id, form) {
      const state = room(id)?.currentState;
      const me = client.getSafeUserId();
      if (!state) return false;
      if (form === "legacy") return state.maySendStateEvent(LEGACY_MEMBER, me);
      // Encrypted in encrypted rooms, and its delayed leave in clear.
      const types = this.isEncrypted(id) ? [EventType.RoomMessageEncrypted, STICKY_MEMBER] : [STICKY_MEMBER];
      return types.every((type) => state.maySendEvent(type, me));
    },
    memberEvents(id) {
      const known = room(id);
      return known ? memberEvents(known, senders) : [];
    },
    async loadDevices(id, users) {
      await room(id)?.loadMembersIfNeeded();
      await crypto.getUserDeviceInfo([...users], true);
    },
    deviceIds: async (user) => [...((await crypto.getUserDeviceInfo([user])).get(user)?.keys() ?? [])],

    onEvent: (listener) => onMemberEvent(client, senders, listener),
    onRoomMember: (listener) =>
      on(client, RoomMemberEvent.Membership, (_event, member, before) => {
        // Ids of rooms and members come from the homeserver in this form.
        if ((before === "join") !== (member.membership === "join"))
          listener(member.roomId as RoomId, member.userId as UserId, member.membership === "join");
      }),
    onRoomReset: (listener) =>
      all(
        on(client, ClientEvent.Room, (fresh) => listener(idOf(fresh))),
        on(client, RoomEvent.MyMembership, (ours) => listener(idOf(ours))),
      ),
    onToDevice: (listener) =>
      on(client, ClientEvent.ReceivedToDeviceMessage, ({ message, encryptionInfo }) => {
        const from = encryptionInfo?.senderDevice
          ? { user: encryptionInfo.sender as UserId, device: encryptionInfo.senderDevice }
          : null;
        listener({ type: message.type, sender: message.sender as UserId, from, content: message.content });
      }),
    onDevices: (listener) =>
      on(client, CryptoEvent.DevicesUpdated, (users) => users.forEach((user) => listener(user as UserId))),

    sendState: (id, type, stateKey, content) =>
      ask(
        async () =>
          v.parse(
            sent,
            await client.http.authedRequest(Method.Put, statePath(id, type, stateKey), {}, content, REQUEST),
          ).event_id,
      ),
    sendDelayedState: (id, type, stateKey, content, delayMs) =>
      schedule(client, statePath(id, type, stateKey), { [`${DELAYED}.delay`]: delayMs }, content),
    hasDelayed: () => ask(() => hasDelayed(client)),
    hasSticky: () => hasSticky(client),
    sendSticky: (id, type, content, stickyMs) => sendEvent(client, id, type, content, stickyMs),
    sendDelayedSticky: (id, type, content, { stickyMs, delayMs }) =>
      schedule(
        client,
        `/rooms/${encodeURIComponent(id)}/send/${encodeURIComponent(type)}/${encodeURIComponent(client.makeTxnId())}`,
        { [`${DELAYED}.delay`]: delayMs, [STICKY_MS]: stickyMs },
        content,
      ),
    updateDelayed: (delayId, action) =>
      ask(async () => {
        const path = `/${DELAYED}/delayed_events/${encodeURIComponent(delayId)}/${action}`;
        await client.http.authedRequest(
          Method.Post,
          path,
          {},
          {},
          { ...REQUEST, prefix: ClientPrefix.Unstable },
        );
      }),
    sendToDevices: (type, content, to) => ask(() => sendEncrypted(client, crypto, { type, content }, to)),
    openIdToken: () => ask(() => client.getOpenIdToken()),
    transports: () => ask(() => rtcTransports(client)),
    livekit: (request, body) => ask(() => livekitRequest(client, request, body)),
  };
}

const hasDelayed = (client: MatrixClient) => client.doesServerSupportUnstableFeature(DELAYED);

/** MSC4140. Resolves to the delay id. */
const schedule = (client: MatrixClient, path: string, query: Record<string, number>, content: object) =>
  ask(async () => {
    // A server that does not know the parameter would send the event now.
    if (!(await hasDelayed(client))) throw new RtcRequestError("unsupported", "no delayed events");
    const reply = await client.http.authedRequest(Method.Put, path, query, content, REQUEST);
    return v.parse(scheduled, reply).delay_id;
  }, "unsupported");

const scheduled = v.looseObject({ delay_id: v.string() });

const idOf = (room: Room) => room.roomId as RoomId;
const isJoined = (room: Room) => room.getMyMembership() === "join";
const statePath = (room: string, type: string, key: string) =>
  `/rooms/${encodeURIComponent(room)}/state/${encodeURIComponent(type)}/${encodeURIComponent(key)}`;
