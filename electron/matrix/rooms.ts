import {
  ClientEvent,
  EventType,
  RoomEvent,
  RoomStateEvent,
  UserEvent,
  type MatrixClient,
  type Room,
} from "matrix-js-sdk";

import { isUserId, type RoomId, type UserId } from "../../shared/matrix/ids.ts";
import { shownName } from "../../shared/matrix/names.ts";
import type { AppState, Invitation, Person, RoomSummary } from "../../shared/state/app-state.ts";
import { avatarUrl } from "./avatars.ts";

/** A member as a person; of somebody unknown, their ID. */
export function person(room: Room | null, user: UserId): Person {
  const member = room?.getMember(user);
  return { user, name: shownName(member?.name) || user, avatar: avatarUrl(member?.getMxcAvatarUrl()) };
}

/** What the windows see of our rooms: the joined ones, newest first, and those that somebody wants us in. */
export type RoomLists = Pick<AppState, "rooms" | "invitations">;

/** The MatrixRTC sessions that run in a room, and whether we may be in its call. */
export type GoingOn = Pick<RoomSummary, "call" | "others" | "canCall">;

/** Keeps the lists; `goingOn` says what is running in a room. */
export class Rooms {
  readonly #client: MatrixClient;
  readonly #goingOn: (room: RoomId) => GoingOn;
  readonly #publish: (lists: RoomLists) => void;
  readonly #summaries = new Map<RoomId, RoomSummary>();
  readonly #invitations = new Map<RoomId, Invitation>();
  readonly #stale = new Set<RoomId>();
  #scheduled = false;

  constructor(client: MatrixClient, goingOn: (room: RoomId) => GoingOn, publish: (lists: RoomLists) => void) {
    this.#client = client;
    this.#goingOn = goingOn;
    this.#publish = publish;
    const of = (room: Room | string | undefined) =>
      room && this.touch((typeof room === "string" ? room : room.roomId) as RoomId);
    client.on(ClientEvent.Room, of);
    client.on(ClientEvent.DeleteRoom, of);
    client.on(RoomEvent.MyMembership, of);
    client.on(RoomEvent.Name, of);
    client.on(RoomEvent.Timeline, (_event, room, toStart) => toStart || of(room));
    client.on(RoomStateEvent.Events, (event) => of(event.getRoomId()));
    client.on(ClientEvent.AccountData, (event) => event.getType() === EventType.Direct && this.touchAll());
    client.on(UserEvent.AvatarUrl, () => this.touchAll());
    this.touchAll();
  }

  /** Something of this room changed. A burst of changes is one publication. */
  touch(room: RoomId): void {
    this.#stale.add(room);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#refresh();
    });
  }

  touchAll(): void {
    for (const room of this.#client.getRooms()) this.touch(room.roomId as RoomId);
  }

  #refresh(): void {
    const directs = directRooms(this.#client);
    for (const id of this.#stale) {
      this.#summaries.delete(id);
      this.#invitations.delete(id);
      const room = this.#client.getRoom(id);
      const membership = room?.isSpaceRoom() ? undefined : room?.getMyMembership();
      if (room && membership === "join") {
        this.#summaries.set(id, this.#summary(room, id, directs.get(id) ?? null));
      }
      if (room && membership === "invite") this.#invitations.set(id, this.#invitation(room, id));
    }
    this.#stale.clear();
    this.#publish({
      rooms: [...this.#summaries.values()].toSorted((a, b) => b.activeAt - a.activeAt),
      invitations: [...this.#invitations.values()],
    });
  }

  #invitation(room: Room, id: RoomId): Invitation {
    const sender = room.getMember(this.#client.getSafeUserId())?.events.member?.getSender();
    const from = person(room, isUserId(sender) ? sender : "@:");
    return {
      room: id,
      name: shownName(room.name) || id,
      avatar: avatarUrl(room.getMxcAvatarUrl()) ?? from.avatar,
      from,
      direct: room.getDMInviter() !== undefined,
    };
  }

  #summary(room: Room, id: RoomId, direct: UserId | null): RoomSummary {
    const other = direct ? room.getMember(direct) : null;
    return {
      id,
      name: shownName(room.name) || id,
      avatar: avatarUrl(room.getMxcAvatarUrl() ?? other?.getMxcAvatarUrl()),
      direct,
      encrypted: room.hasEncryptionStateEvent(),
      memberCount: room.getJoinedMemberCount(),
      ...this.#goingOn(id),
      activeAt: room.getLastActiveTimestamp(),
    };
  }
}

/** Direct rooms (`m.direct`) that we are in, by room. Account data is the user's own, and still parsed: other apps write it. */
export function directRooms(client: MatrixClient): ReadonlyMap<RoomId, UserId> {
  const content: unknown = client.getAccountData(EventType.Direct)?.getContent();
  const rooms = new Map<RoomId, UserId>();
  for (const [user, ids] of Object.entries(content ?? {})) {
    if (!isUserId(user) || !Array.isArray(ids)) continue;
    for (const id of ids) if (typeof id === "string") rooms.set(id as RoomId, user);
  }
  return rooms;
}
