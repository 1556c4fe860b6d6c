import type { ISyncResponse, MatrixClient } from "matrix-js-sdk";

/**
 * Tells the sticky events that /sync gives beside the timeline (MSC4354) which room they are of: the SDK forgets to, so that nobody could
 * find it, and what is encrypted of them would never decrypt. Call it before the client syncs.
 */
export function nameStickyRooms(client: MatrixClient): void {
  const { http } = client;
  const request = http.authedRequest.bind(http);
  http.authedRequest = async <T>(...asked: Parameters<typeof request>): Promise<T> => {
    const answer = await request<T>(...asked);
    // The SDK takes the answer for this too.
    if (asked[1] === "/sync") nameRooms(answer as ISyncResponse);
    return answer;
  };
}

function nameRooms({ rooms }: ISyncResponse): void {
  for (const [room, joined] of Object.entries(rooms?.join ?? {})) {
    const sticky: unknown = joined?.msc4354_sticky?.events;
    if (!Array.isArray(sticky)) continue;
    for (const event of sticky)
      if (typeof event === "object" && event) Object.assign(event, { room_id: room });
  }
}
