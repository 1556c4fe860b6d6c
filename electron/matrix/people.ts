import { EventType, Preset, type MatrixClient } from "matrix-js-sdk";

import { AppError } from "../../shared/errors.ts";
import { isUserId, type RoomId, type UserId } from "../../shared/matrix/ids.ts";
import { shownName } from "../../shared/matrix/names.ts";
import { LEGACY_MEMBER } from "../../shared/rtc/member-event.ts";
import type { Person } from "../../shared/state/app-state.ts";
import { avatarUrl } from "./avatars.ts";
import { toAppError } from "./request-error.ts";
import { directRooms, person } from "./rooms.ts";

const LIMIT = 20;

/** People by name from the homeserver's directory; a full user ID finds itself, even where the directory does not list it. */
export async function searchPeople(client: MatrixClient, typed: string): Promise<readonly Person[]> {
  const term = typed.trim();
  if (!term) return [];
  const [listed, named] = await Promise.all([
    directory(client, term),
    isUserId(term) ? profile(client, term) : null,
  ]);
  const me = client.getUserId();
  return [...(named ? [named] : []), ...listed.filter(({ user }) => user !== named?.user)].filter(
    ({ user }) => user !== me,
  );
}

/**
 * The direct room with a person; made where there is none, encrypted, and such that both may take part in calls.
 * @throws AppError `user-not-found`, `offline`, …
 */
export async function directRoom(client: MatrixClient, user: UserId): Promise<RoomId> {
  const known = [...directRooms(client)].find(([id, other]) => other === user && isUsable(client, id, user));
  if (known) return known[0];
  if (!(await profile(client, user))) throw new AppError("user-not-found");
  try {
    const { room_id } = await client.createRoom({
      preset: Preset.TrustedPrivateChat,
      is_direct: true,
      invite: [user],
      initial_state: [
        { type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
      ],
      // Without it only moderators may announce that they are in a call.
      power_level_content_override: { events: { [LEGACY_MEMBER]: 0 } },
    });
    await rememberDirect(client, user, room_id);
    return room_id as RoomId;
  } catch (error) {
    throw toAppError(error);
  }
}

/** Everybody in a room but ourselves, by name. */
export async function peopleIn(client: MatrixClient, id: RoomId): Promise<readonly Person[]> {
  const room = client.getRoom(id);
  try {
    await room?.loadMembersIfNeeded();
  } catch (error) {
    throw toAppError(error);
  }
  const me = client.getUserId();
  return (room?.getJoinedMembers() ?? [])
    .map(({ userId }) => userId)
    .filter((user): user is UserId => isUserId(user) && user !== me)
    .map((user) => person(room, user))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** @throws AppError `room-forbidden` where the invitation was taken back, `offline`, … */
export async function acceptInvitation(client: MatrixClient, id: RoomId): Promise<void> {
  const inviter = client.getRoom(id)?.getDMInviter();
  try {
    await client.joinRoom(id);
    if (isUserId(inviter)) await rememberDirect(client, inviter, id);
  } catch (error) {
    throw toAppError(error);
  }
}

export async function refuseInvitation(client: MatrixClient, id: RoomId): Promise<void> {
  try {
    await client.leave(id);
  } catch (error) {
    throw toAppError(error);
  }
}

/** `m.direct`, read afresh from the server so that what another device just wrote is kept. */
async function rememberDirect(client: MatrixClient, user: UserId, room: string): Promise<void> {
  const before: unknown = (await client.getAccountDataFromServer(EventType.Direct)) ?? {};
  const entries = Object.entries(before ?? {}).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  const direct = Object.fromEntries(entries);
  await client.setAccountData(EventType.Direct, { ...direct, [user]: [...(direct[user] ?? []), room] });
}

function isUsable(client: MatrixClient, id: RoomId, user: UserId): boolean {
  const room = client.getRoom(id);
  const other = room?.getMember(user)?.membership;
  return room?.getMyMembership() === "join" && (other === "join" || other === "invite");
}

async function directory(client: MatrixClient, term: string): Promise<Person[]> {
  try {
    const { results } = await client.searchUserDirectory({ term, limit: LIMIT });
    return results
      .filter(({ user_id }) => isUserId(user_id))
      .map(({ user_id, display_name, avatar_url }) => ({
        user: user_id as UserId,
        name: shownName(display_name) || user_id,
        avatar: avatarUrl(avatar_url),
      }));
  } catch (error) {
    throw toAppError(error);
  }
}

async function profile(client: MatrixClient, user: UserId): Promise<Person | null> {
  try {
    const { displayname, avatar_url } = await client.getProfileInfo(user);
    return { user, name: shownName(displayname) || user, avatar: avatarUrl(avatar_url) };
  } catch (error) {
    const { code } = toAppError(error);
    // Not found, or a server that shows no profiles to strangers: both are for the invitation to find out, save when nobody answers.
    if (code === "offline" || code === "rate-limited") throw toAppError(error);
    return code === "room-forbidden" ? { user, name: user, avatar: null } : null;
  }
}
