import { type ParticipantInfo, RoomServiceClient, TrackSource } from "livekit-server-sdk";

import { sfuRoomName } from "../stack/authorization/identity.ts";
import type { Stack } from "../stack/stack.ts";
import type { Person } from "./people.ts";

type Sfu = Pick<Stack, "sfu">;

/**
 * Who of these people is on one SFU for the call of a room, as it says itself: by name, with the sources that they publish there. People
 * are in it by their legacy identities; a room that the SFU does not have is empty.
 */
export async function peopleOn(
  stack: Sfu,
  room: string,
  people: readonly Person[],
): Promise<Record<string, string[]>> {
  const participants = await participantsOf(stack, room);
  return Object.fromEntries(
    people.flatMap((person) => {
      const here = participants.filter(isOf(person));
      if (here.length === 0) return [];
      const sources = here.flatMap(({ tracks }) => tracks.map(({ source }) => TrackSource[source] ?? "?"));
      return [[person.name.split("-")[0] ?? person.name, sources.toSorted()]];
    }),
  );
}

/** Names somebody's connection to an SFU: another one once they had to connect anew. */
export async function connectionOf(stack: Sfu, room: string, person: Person): Promise<string | undefined> {
  return (await participantsOf(stack, room)).find(isOf(person))?.sid;
}

async function participantsOf({ sfu }: Sfu, room: string): Promise<ParticipantInfo[]> {
  const client = new RoomServiceClient(sfu.apiUrl, sfu.key, sfu.secret);
  const name = sfuRoomName(room, "m.call#ROOM");
  return (await client.listRooms([name])).length === 0 ? [] : client.listParticipants(name);
}

const isOf =
  ({ userId }: Person) =>
  ({ identity }: ParticipantInfo): boolean =>
    identity.startsWith(`${userId}:`);
