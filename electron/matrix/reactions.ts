import {
  ClientPrefix,
  MatrixEvent,
  MatrixEventEvent,
  Method,
  RoomEvent,
  type MatrixClient,
  type Room,
} from "matrix-js-sdk";
import * as v from "valibot";

import type { HandSignal } from "../../shared/call/hands.ts";
import { isEventId, type EventId, type RoomId } from "../../shared/matrix/ids.ts";
import {
  HAND_TYPE,
  handContent,
  reactionContent,
  readHand,
  REACTION_TYPE,
} from "../../shared/rtc/read-hand.ts";
import type { Log } from "../log.ts";
import type { Reactions } from "../rtc/reactions.ts";
import { ask, REQUEST, sent } from "./ask.ts";
import { all, on } from "./listen.ts";
import { heardEvent, isReference, isUndecrypted } from "./signals-heard.ts";
import { sendEvent } from "./signals-send.ts";

const PAGE = 100;
/** Others may annotate somebody's member event as well; nobody hides a hand behind more than this. */
const PAGES = 5;

const page = v.looseObject({
  chunk: v.array(
    v.looseObject({
      type: v.string(),
      event_id: v.custom<EventId>(isEventId),
      sender: v.string(),
      origin_server_ts: v.number(),
      content: v.record(v.string(), v.unknown()),
    }),
  ),
  next_batch: v.optional(v.string()),
});

/** Hands and reactions over matrix-js-sdk. */
export function reactions(client: MatrixClient, log: Log): Reactions {
  return {
    onSignal: (wanted, listener) => onHand(client, log, wanted, listener),
    onGap: (listener) =>
      on(client, RoomEvent.TimelineReset, (room) => room && listener(room.roomId as RoomId)),
    standing: (room, of) => ask(() => standing(client, room, of)),
    // Annotations are sent in clear everywhere, so that servers can count them.
    raise: (room, of, txn) =>
      ask(async () => {
        const path = `/rooms/${encodeURIComponent(room)}/send/${HAND_TYPE}/${encodeURIComponent(txn)}`;
        return v.parse(
          sent,
          await client.http.authedRequest(Method.Put, path, {}, { ...handContent(of) }, REQUEST),
        ).event_id;
      }),
    lower: (room, hand) =>
      ask(async () => {
        const txn = encodeURIComponent(client.makeTxnId());
        const path = `/rooms/${encodeURIComponent(room)}/redact/${encodeURIComponent(hand)}/${txn}`;
        await client.http.authedRequest(Method.Put, path, {}, {}, REQUEST);
      }),
    async react(room, of, emoji) {
      await sendEvent(client, room, REACTION_TYPE, reactionContent(of, emoji));
    },
  };
}

function onHand(
  client: MatrixClient,
  log: Log,
  wanted: (room: RoomId) => boolean,
  listener: (room: RoomId, signal: HandSignal) => void,
): () => void {
  const undecrypted = new WeakSet<MatrixEvent>();
  // Ids of rooms come from the homeserver in this form.
  const idOf = (room: Room) => room.roomId as RoomId;
  const say = (room: Room, event: MatrixEvent) => {
    if (!wanted(idOf(room))) return;
    const signal = readHand(heardEvent(idOf(room), event));
    if (signal) listener(idOf(room), signal);
  };
  const hear = async (room: Room, event: MatrixEvent) => {
    try {
      await client.decryptEventIfNeeded(event);
      if (isUndecrypted(event)) undecrypted.add(event);
      else say(room, event);
    } catch (error) {
      log.error("a reaction", error);
    }
  };
  return all(
    on(client, RoomEvent.Timeline, (event, room, toStart, removed, { timeline }) => {
      if (!room || toStart || removed || timeline !== room.getLiveTimeline() || !wanted(idOf(room))) return;
      if (!event.isEncrypted()) say(room, event);
      else if (isReference(event)) void hear(room, event);
    }),
    on(client, MatrixEventEvent.Decrypted, (event) => {
      const room = client.getRoom(event.getRoomId());
      if (room && !isUndecrypted(event) && undecrypted.delete(event)) say(room, event);
    }),
  );
}

async function standing(client: MatrixClient, room: RoomId, of: EventId): Promise<readonly HandSignal[]> {
  const path = `/rooms/${encodeURIComponent(room)}/relations/${encodeURIComponent(of)}/m.annotation/${HAND_TYPE}`;
  const found: HandSignal[] = [];
  let from: string | undefined;
  for (let pages = 0; pages < PAGES; pages++) {
    const query = { limit: PAGE, ...(from !== undefined && { from }) };
    const options = { ...REQUEST, prefix: ClientPrefix.V1 };
    const { chunk, next_batch: next } = v.parse(
      page,
      await client.http.authedRequest(Method.Get, path, query, undefined, options),
    );
    for (const raw of chunk) {
      const signal = readHand(heardEvent(room, new MatrixEvent({ ...raw, room_id: room })));
      if (signal?.type === "raised" && signal.of === of) found.push(signal);
    }
    if (next === undefined || next === from) break;
    from = next;
  }
  return found;
}
