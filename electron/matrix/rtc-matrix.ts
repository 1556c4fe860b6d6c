import {
  ClientEvent,
  ClientPrefix,
  EventType,
  Method,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
  type MatrixClient,
  type MatrixEvent,
  type Room,
} from "matrix-js-sdk";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { RoomStickyEventsEvent } from "matrix-js-sdk/lib/models/room-sticky-events.js";
import * as v from "valibot";

import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { MemberEvent } from "../../shared/rtc/member-event.ts";
import { RtcRequestError, type RtcMatrix } from "../rtc/ports.ts";
import { ask, REQUEST, sent } from "./ask.ts";
import { all, on } from "./listen.ts";
import { livekitRequest, rtcTransports } from "./transports.ts";

const LEGACY_MEMBER = "org.matrix.msc3401.call.member";
const STICKY_MEMBER = "org.matrix.msc4143.rtc.member";
const STATE_TYPES: ReadonlySet<string> = new Set([LEGACY_MEMBER, "org.matrix.msc4143.rtc.slot"]);
const DELAYED = "org.matrix.msc4140";

/** The engine's homeserver over matrix-js-sdk. Call it once the client has crypto and rooms. */
export function rtcMatrix(client: MatrixClient): RtcMatrix {
  const crypto = client.getCrypto();
  if (!crypto) throw new Error("the client has no crypto");
  const room = (id: RoomId): Room | null => client.getRoom(id);

  return {
    // The client was made with both.
    user: client.getSafeUserId() as UserId,
    device: client.getDeviceId() ?? "",

    rooms: () => client.getRooms().filter(isJoined).map(idOf),
    roomVersion: (id) => room(id)?.getVersion() ?? "1",
    isEncrypted: (id) => room(id)?.hasEncryptionStateEvent() ?? false,
    isJoined: (id, user) => room(id)?.getMember(user)?.membership === "join",
    memberEvents(id) {
      const state = room(id)?.currentState;
      const legacy = [...STATE_TYPES].flatMap((type) => state?.getStateEvents(type) ?? []);
      const sticky = [...(room(id)?._unstable_getStickyEvents() ?? [])].filter(
        (event) => event.getType() === STICKY_MEMBER,
      );
      return [...legacy, ...sticky].map(toMemberEvent);
    },
    async loadDevices(id, users) {
      await room(id)?.loadMembersIfNeeded();
      await crypto.getUserDeviceInfo([...users], true);
    },

    onEvent: (listener) =>
      all(onState(client, listener), onSticky(client, listener), onRedaction(client, listener)),
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
      ask(async () => {
        // A server that does not know the parameter would send the event now.
        if (!(await client.doesServerSupportUnstableFeature(DELAYED)))
          throw new RtcRequestError("unsupported", "no delayed events");
        const reply = await client.http.authedRequest(
          Method.Put,
          statePath(id, type, stateKey),
          { [`${DELAYED}.delay`]: delayMs },
          content,
          REQUEST,
        );
        return v.parse(scheduled, reply).delay_id;
      }, "unsupported"),
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
    sendToDevices: (type, content, to) =>
      ask(async () => {
        const devices = to.map(({ user, device }) => ({ userId: user, deviceId: device }));
        const { batch } = await crypto.encryptToDeviceMessages(type, devices, { ...content });
        const messages = new Map<string, Map<string, Record<string, unknown>>>();
        for (const { userId, deviceId, payload } of batch) {
          messages.set(userId, (messages.get(userId) ?? new Map()).set(deviceId, payload));
        }
        if (messages.size > 0) await client.sendToDevice(EventType.RoomMessageEncrypted, messages);
        return to.filter(({ user, device }) => !messages.get(user)?.has(device));
      }),
    openIdToken: () => ask(() => client.getOpenIdToken()),
    transports: () => ask(() => rtcTransports(client)),
    livekit: (request, body) => ask(() => livekitRequest(client, request, body)),
  };
}

const scheduled = v.looseObject({ delay_id: v.string() });

const idOf = (room: Room) => room.roomId as RoomId;
const isJoined = (room: Room) => room.getMyMembership() === "join";
const statePath = (room: string, type: string, key: string) =>
  `/rooms/${encodeURIComponent(room)}/state/${encodeURIComponent(type)}/${encodeURIComponent(key)}`;

/** Our own clock where the SDK says when stickiness ends: it counts from receipt. */
export function toMemberEvent(event: MatrixEvent): MemberEvent {
  return {
    type: event.getType(),
    stateKey: event.getStateKey() ?? null,
    sender: (event.getSender() ?? "@:") as UserId,
    eventId: (event.getId() ?? "$") as EventId,
    sentAt: event.getTs(),
    content: event.isRedacted() ? {} : event.getContent(),
    stickyUntil: event.unstableStickyExpiresAt ?? null,
  };
}

type Heard = (room: RoomId, event: MemberEvent) => void;

const onState = (client: MatrixClient, listener: Heard) =>
  on(client, RoomStateEvent.Events, (event) => {
    if (STATE_TYPES.has(event.getType())) listener(event.getRoomId() as RoomId, toMemberEvent(event));
  });

/** Each room has its own sticky store, which the client does not re-emit. */
function onSticky(client: MatrixClient, listener: Heard): () => void {
  const watched = new Map<Room, () => void>();
  const watch = (room: Room) => {
    if (watched.has(room)) return;
    const heard = (added: MatrixEvent[], updated: { current: MatrixEvent }[]) => {
      for (const event of [...added, ...updated.map(({ current }) => current)]) {
        if (event.getType() === STICKY_MEMBER) listener(idOf(room), toMemberEvent(event));
      }
    };
    room.on(RoomStickyEventsEvent.Update, heard);
    watched.set(room, () => room.off(RoomStickyEventsEvent.Update, heard));
  };
  client.getRooms().forEach(watch);
  const stop = all(
    on(client, ClientEvent.Room, watch),
    on(client, ClientEvent.Event, (event) => {
      // Sticky events of the timeline are left encrypted until somebody asks.
      if (event.unstableStickyInfo) void client.decryptEventIfNeeded(event);
    }),
  );
  return () => {
    stop();
    for (const unwatch of watched.values()) unwatch();
  };
}

/** A redacted member event is a leave. */
const onRedaction = (client: MatrixClient, listener: Heard) =>
  on(client, RoomEvent.Redaction, (redaction, room) => {
    const id = redaction.getAssociatedId();
    const found = id === undefined ? undefined : room.findEventById(id);
    // The redaction of an older state event says nothing about the one that stands.
    const target = found && !found.isState() ? found : id && current(room, id);
    if (target && (STATE_TYPES.has(target.getType()) || target.getType() === STICKY_MEMBER))
      listener(idOf(room), { ...toMemberEvent(target), content: {} });
  });

const current = (room: Room, id: string) =>
  [...STATE_TYPES]
    .flatMap((type) => room.currentState.getStateEvents(type))
    .find((event) => event.getId() === id) ??
  [...room._unstable_getStickyEvents()].find((event) => event.getId() === id);
