import { Room } from "@livekit/rtc-node";
import { AccessToken } from "livekit-server-sdk";

import { legacyIdentity, legacySlotId, sfuRoomName } from "../stack/authorization/identity.ts";
import type { Stack } from "../stack/stack.ts";
import { callMemberType, sendEvent, sendState, stateOf, type Person } from "./people.ts";

/** Somebody in the call of a room, as far as the homeserver knows; by the older rule where `selection` says so. */
export async function claimCall(
  person: Person,
  room: string,
  service: string,
  selection: "multi_sfu" | "oldest_membership" = "multi_sfu",
): Promise<void> {
  await sendState(person, room, {
    type: callMemberType,
    stateKey: `_${person.userId}_${person.deviceId}_m.call`,
    content: {
      application: "m.call",
      call_id: "",
      scope: "m.room",
      device_id: person.deviceId,
      expires: 14_400_000,
      focus_active: { type: "livekit", focus_selection: selection },
      foci_preferred: [{ type: "livekit", livekit_service_url: service, livekit_alias: room }],
    },
  });
}

/** In the call of a room, and rings somebody into it (MSC4075), in clear. */
export async function ring(
  person: Person,
  room: string,
  {
    of,
    lifetime,
    sentAgo = 0,
    intent = "video",
  }: { of: string; lifetime: number; sentAgo?: number; intent?: "audio" | "video" },
): Promise<void> {
  await claimCall(person, room, "https://sfu.invalid");
  const member = (await stateOf(person, room, callMemberType)).find(({ sender }) => sender === person.userId);
  await sendEvent(person, room, "org.matrix.msc4075.rtc.notification", {
    notification_type: "ring",
    "m.mentions": { user_ids: [of], room: false },
    "m.relates_to": { rel_type: "m.reference", event_id: member?.event_id },
    sender_ts: Date.now() - sentAgo,
    lifetime,
    "m.call.intent": intent,
  });
}

/** On the SFU where their membership says, but their key reaches nobody. */
export async function joinSfuWithoutKeys(
  { sfu }: Pick<Stack, "sfu">,
  person: Person,
  room: string,
): Promise<Room> {
  const token = new AccessToken(sfu.key, sfu.secret, {
    identity: legacyIdentity(person.userId, person.deviceId),
  });
  token.addGrant({ room: sfuRoomName(room, legacySlotId), roomJoin: true });
  const connected = new Room();
  await connected.connect(sfu.url, await token.toJwt(), { autoSubscribe: false, dynacast: false });
  return connected;
}
