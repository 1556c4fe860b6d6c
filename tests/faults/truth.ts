import { RoomServiceClient } from "livekit-server-sdk";

import { sfuRoomName, legacySlotId } from "../stack/authorization/identity.ts";
import type { Stack } from "../stack/stack.ts";
import { callMemberType, stateOf, type Person } from "../support/people.ts";

/** SFU identities, sorted: of whom the room's events say that they are in the call, and of who is on the SFU. */
export interface Truth {
  readonly members: readonly string[];
  readonly present: readonly string[];
}

/** Reads both from the servers themselves, past every fault. A server that does not answer has nobody. */
export async function truthOf(stack: Stack, asking: Person, room: string): Promise<Truth> {
  const [members, present] = await Promise.all([membersOf(asking, room), presentIn(stack, room)]);
  return { members: members.toSorted(), present: present.toSorted() };
}

async function membersOf(asking: Person, room: string): Promise<string[]> {
  const state = await stateOf(asking, room);
  const joined = new Set(
    state.flatMap(({ type, state_key: user, content }) =>
      type === "m.room.member" && content["membership"] === "join" ? [user] : [],
    ),
  );
  return state.flatMap(({ type, sender, content: { device_id: device } }) =>
    type === callMemberType && joined.has(sender) && typeof device === "string"
      ? [`${sender}:${device}`]
      : [],
  );
}

async function presentIn({ sfu }: Stack, room: string): Promise<string[]> {
  const client = new RoomServiceClient(sfu.apiUrl, sfu.key, sfu.secret, { requestTimeout: 5 });
  const all = await client.listParticipants(sfuRoomName(room, legacySlotId)).catch(() => []);
  return all.map(({ identity }) => identity);
}
