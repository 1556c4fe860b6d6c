import { RoomServiceClient, TrackSource } from "livekit-server-sdk";

import { sfuRoomName } from "../stack/authorization/identity.ts";
import type { Stack } from "../stack/stack.ts";
import type { Person } from "./people.ts";

/**
 * Who of these people is on one SFU for the call of a room, as it says itself: by name, with the sources that they publish there. People
 * are in it by their legacy identities; a room that the SFU does not have is empty.
 */
export async function peopleOn(
  { sfu }: Pick<Stack, "sfu">,
  room: string,
  people: readonly Person[],
): Promise<Record<string, string[]>> {
  const client = new RoomServiceClient(sfu.apiUrl, sfu.key, sfu.secret);
  const name = sfuRoomName(room, "m.call#ROOM");
  if ((await client.listRooms([name])).length === 0) return {};
  const participants = await client.listParticipants(name);
  return Object.fromEntries(
    people.flatMap(({ name: who, userId }) => {
      const here = participants.filter(({ identity }) => identity.startsWith(`${userId}:`));
      if (here.length === 0) return [];
      const sources = here.flatMap(({ tracks }) => tracks.map(({ source }) => TrackSource[source] ?? "?"));
      return [[who.split("-")[0] ?? who, sources.toSorted()]];
    }),
  );
}
