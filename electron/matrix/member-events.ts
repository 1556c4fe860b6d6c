import {
  ClientEvent,
  RoomEvent,
  RoomStateEvent,
  type MatrixClient,
  type MatrixEvent,
  type Room,
} from "matrix-js-sdk";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { RoomStickyEventsEvent } from "matrix-js-sdk/lib/models/room-sticky-events.js";

import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import { LEGACY_MEMBER, STICKY_MEMBER, type MemberEvent } from "../../shared/rtc/member-event.ts";
import { all, on } from "./listen.ts";
import type { SenderDevices } from "./sender-devices.ts";

const STATE_TYPES: ReadonlySet<string> = new Set([LEGACY_MEMBER, "org.matrix.msc4143.rtc.slot"]);

type Heard = (room: RoomId, event: MemberEvent) => void;

/** What came to count again when the one after it was redacted; for us the redaction was a leave. */
const revived = new WeakSet<MatrixEvent>();

/** Every member and slot event that stands in a room. */
export function memberEvents(room: Room, senders: SenderDevices): readonly MemberEvent[] {
  const legacy = [...STATE_TYPES].flatMap((type) => room.currentState.getStateEvents(type));
  return [...legacy.map(toMemberEvent), ...stickyMembers(room).map((event) => encrypted(event, senders))];
}

/** Tells each member, slot and redaction event as it comes, decrypted; an encrypted one again when its device is known. */
export const onMemberEvent = (client: MatrixClient, senders: SenderDevices, listener: Heard): (() => void) =>
  all(
    onState(client, listener),
    onSticky(client, senders, listener),
    onRedaction(client, listener),
    // Ids of users come from crypto in this form.
    on(client, CryptoEvent.DevicesUpdated, (users) =>
      users.forEach((user) => senders.refresh(user as UserId)),
    ),
    senders.onChange(({ user, keys }) => {
      for (const room of client.getRooms())
        for (const event of stickyMembers(room))
          if (event.getSender() === user && keys.has(event.getSenderKey() ?? ""))
            listener(idOf(room), encrypted(event, senders));
    }),
  );

const stickyMembers = (room: Room): readonly MatrixEvent[] =>
  [...room._unstable_getStickyEvents()].filter(
    (event) => event.getType() === STICKY_MEMBER && !revived.has(event),
  );

/** With the device that encrypted it, as far as that is known. */
const encrypted = (event: MatrixEvent, senders: SenderDevices): MemberEvent => ({
  ...toMemberEvent(event),
  senderDevice: senders.of(event),
});

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
    redacted: event.isRedacted(),
  };
}

const onState = (client: MatrixClient, listener: Heard) =>
  on(client, RoomStateEvent.Events, (event) => {
    if (STATE_TYPES.has(event.getType())) listener(event.getRoomId() as RoomId, toMemberEvent(event));
  });

/** Each room has its own sticky store, which the client does not re-emit. */
function onSticky(client: MatrixClient, senders: SenderDevices, listener: Heard): () => void {
  const watched = new Map<Room, () => void>();
  const watch = (room: Room) => {
    if (watched.has(room)) return;
    const tell = (event: MatrixEvent) =>
      event.getType() === STICKY_MEMBER && listener(idOf(room), encrypted(event, senders));
    const takenBack = (event: MatrixEvent) =>
      event.getType() === STICKY_MEMBER &&
      listener(idOf(room), { ...toMemberEvent(event), content: {}, redacted: true });
    const heard = (
      added: MatrixEvent[],
      updated: { current: MatrixEvent; previous: MatrixEvent }[],
      removed: MatrixEvent[],
    ) => {
      for (const event of added) tell(event);
      for (const { current, previous } of updated) {
        if (!isOlder(current, previous)) tell(current);
        else {
          revived.add(current);
          takenBack(previous);
        }
      }
      // The others' time was over, which whoever reads them knows.
      for (const event of removed) if ((event.unstableStickyExpiresAt ?? 0) > Date.now()) takenBack(event);
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

/** The SDK shows by this that the newer one was redacted. */
const isOlder = (current: MatrixEvent, previous: MatrixEvent): boolean =>
  current.getTs() !== previous.getTs()
    ? current.getTs() < previous.getTs()
    : (current.getId() ?? "") < (previous.getId() ?? "");

/** A redacted member event is a leave. */
const onRedaction = (client: MatrixClient, listener: Heard) =>
  on(client, RoomEvent.Timeline, (redaction, room, toStart, removed, { timeline }) => {
    if (!room || toStart || removed || !redaction.isRedaction() || timeline !== room.getLiveTimeline())
      return;
    // One of our own, on its way: the server may yet refuse it.
    if (redaction.status !== null) return;
    const id = redaction.getAssociatedId();
    const found = id === undefined ? undefined : room.findEventById(id);
    // The redaction of an older state event says nothing about the one that stands.
    const target = found && !found.isState() ? found : id && standing(room, id);
    if (!target || (!STATE_TYPES.has(target.getType()) && target.getType() !== STICKY_MEMBER)) return;
    // The SDK redacts only what it has in a timeline.
    if (!target.isRedacted()) target.makeRedacted(redaction, room);
    listener(idOf(room), { ...toMemberEvent(target), content: {}, redacted: true });
  });

const standing = (room: Room, id: string) =>
  [...STATE_TYPES]
    .flatMap((type) => room.currentState.getStateEvents(type))
    .find((event) => event.getId() === id);

const idOf = (room: Room) => room.roomId as RoomId;
