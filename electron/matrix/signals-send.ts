import { MatrixEvent, Method, type MatrixClient } from "matrix-js-sdk";
import type { CryptoBackend } from "matrix-js-sdk/lib/common-crypto/CryptoBackend.js";
import * as v from "valibot";

import type { EventId, RoomId } from "../../shared/matrix/ids.ts";
import { RtcRequestError } from "../rtc/ports.ts";
import { ask, REQUEST, REQUEST_MS, sent } from "./ask.ts";

const STICKY = "org.matrix.msc4354";

/**
 * Sends one event, encrypted in encrypted rooms, in 10 s or not at all. Not by the SDK's `sendEvent`: its queue of messages forgets the
 * stickiness of whatever has a relation, tries again for minutes, and keeps what failed in the room, where it blocks what comes next.
 * @throws RtcRequestError
 */
export function sendEvent(
  client: MatrixClient,
  id: RoomId,
  type: string,
  content: object,
  stickyMs: number | null = null,
): Promise<EventId> {
  return ask(async () => {
    const late = AbortSignal.timeout(REQUEST_MS);
    const room = client.getRoom(id);
    // The client was made with it; its encryption of single events is what the SDK itself uses, and keeps to itself.
    const crypto = client.getCrypto() as CryptoBackend | undefined;
    if (!room || !crypto) throw new RtcRequestError("not-found", "no such room");
    const txn = client.makeTxnId();
    const event = new MatrixEvent({
      type,
      content: { ...content },
      room_id: id,
      sender: client.getSafeUserId(),
      event_id: `~${id}:${txn}`,
    });
    if (room.hasEncryptionStateEvent() || (await crypto.isEncryptionEnabledInRoom(id)))
      await orLate(late, crypto.encryptEvent(event, room));
    const path = `/rooms/${encodeURIComponent(id)}/send/${encodeURIComponent(event.getWireType())}/${encodeURIComponent(txn)}`;
    const reply = await client.http.authedRequest(
      Method.Put,
      path,
      stickyMs === null ? {} : { [`${STICKY}.sticky_duration_ms`]: stickyMs },
      event.getWireContent(),
      { ...REQUEST, abortSignal: late },
    );
    return v.parse(sent, reply).event_id;
  });
}

/** Whether the server has sticky events (MSC4354). @throws RtcRequestError */
export const hasSticky = (client: MatrixClient): Promise<boolean> =>
  ask(() => orLate(AbortSignal.timeout(REQUEST_MS), client.doesServerSupportUnstableFeature(STICKY)));

/** The SDK asks for keys and versions in its own time, and cannot be told to stop. */
async function orLate<T>(late: AbortSignal, work: Promise<T>): Promise<T> {
  const stop = Promise.withResolvers<never>();
  const onLate = () => stop.reject(late.reason);
  late.addEventListener("abort", onLate);
  try {
    return await Promise.race([work, stop.promise]);
  } finally {
    late.removeEventListener("abort", onLate);
  }
}
