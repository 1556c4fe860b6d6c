import { MatrixEvent, MatrixEventEvent, Method, type MatrixClient } from "matrix-js-sdk";
import * as v from "valibot";

import { isEventId, type EventId, type RoomId } from "../../shared/matrix/ids.ts";
import type { CallSignal } from "../../shared/rtc/notification.ts";
import { SIGNAL_TYPES } from "../../shared/rtc/read-signal.ts";
import type { Signals } from "../rtc/ports.ts";
import { ask } from "./ask.ts";
import { heardEvent, isReference, isUndecrypted } from "./signals-heard.ts";
import { NoticesBackwards } from "./signals-notices.ts";

const PAGE = 100;
/** So many pages in a row with nothing new: the homeserver leads us in circles. Of what a filter leaves out, some pages are empty. */
const IDLE_PAGES = 20;
const FILTER = JSON.stringify({ types: ["m.room.encrypted", ...SIGNAL_TYPES], lazy_load_members: true });

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
  end: v.optional(v.string()),
});

/**
 * See `Signals`. Of what is encrypted, only references and sticky events are decrypted. However much was said, all is read: a gap that
 * is left out once is never looked at again. Null where the homeserver did not let us reach the end. @throws RtcRequestError
 */
export async function readPast(
  client: MatrixClient,
  room: RoomId,
  { until, known }: Parameters<Signals["past"]>[1],
  found: (signals: readonly CallSignal[]) => void,
  readable: () => void,
): Promise<EventId | null> {
  const notices = new NoticesBackwards();
  let newest: EventId | null = null;
  let from: string | undefined;
  const read = new Set<EventId>();
  for (let idle = 0; idle < IDLE_PAGES;) {
    const { chunk, end } = await readPage(client, room, from);
    const before = read.size;
    for (const { event_id: id } of chunk) read.add(id);
    idle = read.size > before ? 0 : idle + 1;
    newest ??= chunk[0]?.event_id ?? null;
    const last = chunk.findIndex((event) => event.event_id === known);
    // One event that says it is old does not end the past: any server may date its own as it likes.
    const recent = (last < 0 ? chunk : chunk.slice(0, last)).filter(
      (event) => event.origin_server_ts >= until,
    );
    const signals: CallSignal[] = [];
    for (const raw of recent) {
      const event = new MatrixEvent({ ...raw, room_id: room });
      // What is left of a redacted notification tells nothing; a member event still tells that nobody is there.
      if (event.isRedacted() && !event.isState()) continue;
      if (event.unstableStickyInfo || isReference(event)) await client.decryptEventIfNeeded(event);
      if (!isUndecrypted(event)) signals.push(...notices.read(heardEvent(room, event)));
      // The SDK tries again what failed, when its key comes.
      else if (event.isDecryptionFailure())
        event.on(MatrixEventEvent.Decrypted, () => isUndecrypted(event) || readable());
    }
    found(signals);
    const isOver = last >= 0 || (chunk.length > 0 && recent.length === 0);
    if (isOver || end === undefined || end === from) return newest ?? known;
    from = end;
  }
  return null;
}

const readPage = (client: MatrixClient, room: RoomId, from: string | undefined) =>
  ask(async () =>
    v.parse(
      page,
      await client.http.authedRequest(Method.Get, `/rooms/${encodeURIComponent(room)}/messages`, {
        dir: "b",
        limit: PAGE,
        filter: FILTER,
        ...(from !== undefined && { from }),
      }),
    ),
  );
