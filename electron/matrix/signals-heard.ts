import {
  ClientEvent,
  MatrixEventEvent,
  RoomEvent,
  type MatrixClient,
  type MatrixEvent,
  type Room,
} from "matrix-js-sdk";

import type { RoomId } from "../../shared/matrix/ids.ts";
import type { CallSignal } from "../../shared/rtc/notification.ts";
import { SIGNAL_TYPES, type HeardEvent } from "../../shared/rtc/read-signal.ts";
import type { Log } from "../log.ts";
import { all, on } from "./listen.ts";
import { toMemberEvent } from "./member-events.ts";
import { Notices } from "./signals-notices.ts";

const LEGACY_MEMBER = "org.matrix.msc3401.call.member";
/** What is older cannot ring: of that, only what its relation gives away is worth decrypting. */
const YOUNG_MS = 5 * 60_000;

/**
 * Tells every call signal of joined rooms: those of the timelines and states that there are already, then each as it comes, in a room's
 * order. What cannot be decrypted yet comes when its key does.
 */
export function onSignal(client: MatrixClient, log: Log, listener: (signal: CallSignal) => void): () => void {
  const notices = new Notices();
  const tails = new Map<Room, Promise<void>>();
  const undecrypted = new WeakSet<MatrixEvent>();
  /** Of those that were encrypted, what says nothing of calls, nor can its redaction: that one leaves nothing of it to read. */
  const others = new WeakSet<MatrixEvent>();
  let stopped = false;

  const say = (room: Room, event: MatrixEvent, aged: boolean) => {
    if (stopped || !isJoined(room)) return;
    const target = event.isRedaction() && room.findEventById(event.getAssociatedId() ?? "");
    if (target && others.has(target)) return;
    const signal = notices.read(heardEvent(room.roomId as RoomId, event, aged));
    if (signal) listener(signal);
    else if (event.isEncrypted()) others.add(event);
  };
  /** `aged`: its age is that of the time when it was kept on disk. */
  const hear = (room: Room, event: MatrixEvent, aged = false) => {
    if (event.status !== null) return;
    if (!isWorthReading(room, event)) return void (event.isEncrypted() && others.add(event));
    const decrypted = client.decryptEventIfNeeded(event);
    const follow = async (before: Promise<void> | undefined) => {
      await before;
      try {
        await decrypted;
        if (isUndecrypted(event)) undecrypted.add(event);
        else say(room, event, aged);
      } catch (error) {
        log.error("a call signal", error);
      }
    };
    const tail = follow(tails.get(room));
    tails.set(room, tail);
    void tail.then(() => tails.get(room) === tail && tails.delete(room));
  };
  const hearAll = (room: Room) => {
    const timeline = room.getLiveTimeline().getEvents();
    const inTimeline = new Set(timeline.map((event) => event.getId()));
    const standing = [
      ...room.currentState.getStateEvents(LEGACY_MEMBER),
      ...room._unstable_getStickyEvents(),
    ];
    for (const event of standing) if (!inTimeline.has(event.getId())) hear(room, event, true);
    for (const event of timeline) hear(room, event);
  };

  const stop = all(
    on(client, RoomEvent.Timeline, (event, room, toStart, removed, { timeline }) => {
      if (!room || toStart || removed || timeline !== room.getLiveTimeline()) return;
      hear(room, event);
      const target = event.isRedaction() && room.findEventById(event.getAssociatedId() ?? "");
      // A member event that is redacted is a leave besides.
      if (target && target.getType() === LEGACY_MEMBER) hear(room, target);
    }),
    // What a gap in the timeline left out, which the server tells by itself.
    on(client, ClientEvent.Event, (event) => {
      if (!event.unstableStickyInfo && event.getType() !== LEGACY_MEMBER) return;
      const room = client.getRoom(event.getRoomId());
      if (room && !room.findEventById(event.getId() ?? "")) hear(room, event);
    }),
    on(client, MatrixEventEvent.Decrypted, (event) => {
      const room = client.getRoom(event.getRoomId());
      if (!room || isUndecrypted(event)) return;
      // Sticky events outside the timeline are not to be seen anywhere before.
      const appears = event.unstableStickyInfo && !room.findEventById(event.getId() ?? "");
      if (undecrypted.delete(event) || appears) hear(room, event);
    }),
    // A room's first events come before we count as joined.
    on(client, RoomEvent.MyMembership, (room) => isJoined(room) && hearAll(room)),
    () => {
      stopped = true;
    },
  );
  // What was active last may ring, so its events are decrypted first.
  client
    .getRooms()
    .filter(isJoined)
    .toSorted((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp())
    .forEach(hearAll);
  return stop;
}

/** An event of the SDK as we hear it now; `aged` where the age that it has is not that of now. */
export function heardEvent(room: RoomId, event: MatrixEvent, aged = false): HeardEvent {
  const plain = toMemberEvent(event);
  const receivedAt = Date.now();
  const age: unknown = event.getAge();
  const redactedAt: unknown = event.getUnsigned().redacted_because?.origin_server_ts;
  return {
    ...plain,
    room,
    sentAt: event.isRedacted() && typeof redactedAt === "number" ? redactedAt : plain.sentAt,
    receivedAt,
    // The SDK counts on from when the event came, also for timelines that were on disk.
    ageMs:
      typeof age === "number" && Number.isFinite(age) && !aged ? receivedAt - event.localTimestamp : null,
    redacted: event.isRedacted(),
    redacts: event.event.redacts ?? event.event.content?.["redacts"],
  };
}

/** Whether the event's relation says that it may be a notification or a decline; it stays in clear. */
export const isReference = (event: MatrixEvent): boolean =>
  event.getWireContent()["m.relates_to"]?.rel_type === "m.reference";

/** Also true for what nobody tried to decrypt. */
export const isUndecrypted = (event: MatrixEvent): boolean =>
  event.isDecryptionFailure() || (event.isEncrypted() && event.shouldAttemptDecryption());

export const isJoined = (room: Room): boolean => room.getMyMembership() === "join";

function isWorthReading(room: Room, event: MatrixEvent): boolean {
  if (event.isRedaction()) {
    const target = room.findEventById(event.getAssociatedId() ?? "");
    // An old one of something unknown is a message's, or takes back what is long over.
    if (!target) return event.getLocalAge() < YOUNG_MS;
    return target.isEncrypted() || SIGNAL_TYPES.has(target.getType());
  }
  // What failed to decrypt poses as a message.
  if (event.isEncrypted() && (event.getType() === "m.room.encrypted" || event.isDecryptionFailure()))
    return event.unstableStickyInfo !== undefined || isReference(event) || event.getLocalAge() < YOUNG_MS;
  return SIGNAL_TYPES.has(event.getType());
}
