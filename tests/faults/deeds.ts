import { callMemberType, join, redact, sendState, stateOf, type Person } from "../support/people.ts";
import type { MatrixEvent } from "../support/matrix-request.ts";

// What people do to the room of a call and to a membership in it, by plain requests.

const at = (room: string): string => `/v3/rooms/${encodeURIComponent(room)}`;

/** Somebody's membership of the call as it stands; of empty strings where there is none. */
export async function membershipOf(
  user: string,
  asking: Person,
  room: string,
): Promise<Pick<MatrixEvent, "event_id" | "state_key" | "content">> {
  const all = await stateOf(asking, room, callMemberType);
  const event = all.find(({ sender, content }) => sender === user && content["device_id"] !== undefined);
  return event ?? { event_id: "", state_key: "", content: {} };
}

export async function leaveRoom(person: Person, room: string): Promise<void> {
  await person.request("POST", `${at(room)}/leave`, {});
}

export async function kick(user: string, by: Person, room: string): Promise<void> {
  await by.request("POST", `${at(room)}/kick`, { user_id: user });
}

export async function upgrade(by: Person, room: string): Promise<void> {
  await by.request("POST", `${at(room)}/upgrade`, { new_version: "11" });
}

export async function closeToNowhere(by: Person, room: string): Promise<void> {
  await sendState(by, room, {
    type: "m.room.tombstone",
    stateKey: "",
    content: { body: "closed", replacement_room: "!nowhere:example.org" },
  });
}

/** From which level on one may say in the room's state that one is in its call. */
export async function setCallPower(level: number, by: Person, room: string): Promise<void> {
  const [now] = await stateOf(by, room, "m.room.power_levels");
  const events = { ...(now?.content["events"] as object), [callMemberType]: level };
  await sendState(by, room, {
    type: "m.room.power_levels",
    stateKey: "",
    content: { ...now?.content, events },
  });
}

export async function redactMembership(user: string, by: Person, room: string): Promise<void> {
  await redact(by, room, (await membershipOf(user, by, room)).event_id);
}

/** Has one more person in the room. */
export async function bringIn(other: Person, by: Person, room: string): Promise<void> {
  await by.request("POST", `${at(room)}/invite`, { user_id: other.userId });
  await join(other, room);
}

/** Says in somebody else's place that they are not in the call. */
export async function emptyMembership(user: string, by: Person, room: string): Promise<void> {
  const { state_key: stateKey = "" } = await membershipOf(user, by, room);
  await sendState(by, room, { type: callMemberType, stateKey, content: {} });
}

/** Has the homeserver send at once what a person left with it for when they are gone. */
export async function fireLeaves(person: Person, room: string): Promise<void> {
  const path = "/unstable/org.matrix.msc4140/delayed_events";
  const { delayed_events: scheduled } = await person.request<{
    delayed_events: readonly { delay_id: string; room_id: string }[];
  }>("GET", path);
  const ours = scheduled.filter((one) => one.room_id === room);
  if (ours.length === 0) throw new Error("no delayed leave");
  for (const { delay_id: id } of ours) await person.request("POST", `${path}/${id}/send`, {});
}

/** A server's answer to everything, also to a browser's: what it asks beforehand is allowed. */
export const tooMany =
  (seconds: number) =>
  (request: string): string => {
    const body = JSON.stringify({
      errcode: "M_LIMIT_EXCEEDED",
      error: "Too Many Requests",
      retry_after_ms: seconds * 1000,
    });
    return [
      request.startsWith("OPTIONS ") ? "HTTP/1.1 200 OK" : "HTTP/1.1 429 Too Many Requests",
      `Retry-After: ${seconds}`,
      "Access-Control-Allow-Origin: *",
      "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS",
      "Access-Control-Allow-Headers: Authorization, Content-Type",
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n");
  };
