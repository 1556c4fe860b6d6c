import type { MatrixEvent, MatrixRequest } from "./matrix-request.ts";
import { matrixRequest } from "./matrix-request.ts";

/** Where accounts are made: a stack's homeserver, or any other with open registration. */
export type Homeserver = { url: string; serverName: string };

/** Somebody with an account and one signed-in device, who speaks to the homeserver by plain requests. */
export type Person = {
  readonly name: string;
  readonly userId: string;
  readonly password: string;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly homeserver: Homeserver;
  /** Any client-server request as this person; see `matrixRequest`. */
  readonly request: MatrixRequest;
};

/** A name that nobody on the server has yet, for tests that share a stack: `alice-k3x9`. */
export function freshName(name: string): string {
  return `${name}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Makes an account. The password of `alice` is `alice's password`, her display name is Alice, also of `alice-k3x9`. */
export async function signUp(homeserver: Homeserver, name: string): Promise<Person> {
  const password = `${name}'s password`;
  const body = { username: name, password, auth: { type: "m.login.dummy" } };
  const answer = await matrixRequest(homeserver.url)<Session>("POST", "/v3/register", body);
  const person = personOf(homeserver, name, password, answer);
  const [given = name] = name.split("-");
  const displayname = given.charAt(0).toUpperCase() + given.slice(1);
  await person.request("PUT", `/v3/profile/${encodeURIComponent(person.userId)}/displayname`, {
    displayname,
  });
  return person;
}

/** Signs the same person in on a further device. */
export async function signIn({ homeserver, name, password }: Person): Promise<Person> {
  const identifier = { type: "m.id.user", user: name };
  const body = { type: "m.login.password", identifier, password };
  const answer = await matrixRequest(homeserver.url)<Session>("POST", "/v3/login", body);
  return personOf(homeserver, name, password, answer);
}

type Session = { user_id: string; device_id: string; access_token: string };

function personOf(homeserver: Homeserver, name: string, password: string, session: Session): Person {
  return {
    name,
    password,
    homeserver,
    userId: session.user_id,
    deviceId: session.device_id,
    accessToken: session.access_token,
    request: matrixRequest(homeserver.url, session.access_token),
  };
}

export type RoomOptions = {
  name?: string;
  /** Default true. */
  encrypted?: boolean;
  /** Makes it a direct room of these two: `is_direct`, and both accounts' m.direct. */
  direct?: boolean;
  /** Default 0: everybody may take part in calls. */
  callPowerLevel?: number;
};

/** The legacy membership of calls (MSC3401 as deployed). */
export const callMemberType = "org.matrix.msc3401.call.member";
/** The sticky one (MSC4143). */
const stickyMemberType = "org.matrix.msc4143.rtc.member";

/** Makes a private room of `owner` in which all `others` are joined. Returns its ID. */
export async function makeRoom(
  owner: Person,
  others: readonly Person[],
  { name, encrypted = true, direct = false, callPowerLevel = 0 }: RoomOptions = {},
): Promise<string> {
  const encryption = {
    type: "m.room.encryption",
    state_key: "",
    content: { algorithm: "m.megolm.v1.aes-sha2" },
  };
  const { room_id: roomId } = await owner.request<{ room_id: string }>("POST", "/v3/createRoom", {
    ...(name === undefined ? {} : { name }),
    preset: direct ? "trusted_private_chat" : "private_chat",
    is_direct: direct,
    invite: others.map(({ userId }) => userId),
    initial_state: encrypted ? [encryption] : [],
    power_level_content_override: {
      events: { [callMemberType]: callPowerLevel, [stickyMemberType]: callPowerLevel },
    },
  });
  for (const other of others) await join(other, roomId);
  if (direct) {
    for (const other of others) {
      await markDirect(owner, other.userId, roomId);
      await markDirect(other, owner.userId, roomId);
    }
  }
  return roomId;
}

export async function join(person: Person, roomId: string): Promise<void> {
  await person.request("POST", `/v3/join/${encodeURIComponent(roomId)}`, {});
}

/** Adds the room to the person's m.direct under `userId`. */
async function markDirect(person: Person, userId: string, roomId: string): Promise<void> {
  const path = `/v3/user/${encodeURIComponent(person.userId)}/account_data/m.direct`;
  const before = await person.request
    .orUndefined<Record<string, string[]>>("GET", path)
    .then((content) => content ?? {});
  await person.request("PUT", path, { ...before, [userId]: [...(before[userId] ?? []), roomId] });
}

/** The room's state as the person's homeserver has it, of one type where given. */
export async function stateOf(person: Person, roomId: string, type?: string): Promise<MatrixEvent[]> {
  const events = await person.request<MatrixEvent[]>("GET", `${room(roomId)}/state`);
  return events.filter((event) => type === undefined || event.type === type);
}

/** Sends a state event, as a delayed one (MSC4140) where `delayMs` is given; then returns its delay id. */
export async function sendState(
  person: Person,
  roomId: string,
  event: { type: string; stateKey: string; content: object },
  delayMs?: number,
): Promise<string | undefined> {
  const path = `${room(roomId)}/state/${encodeURIComponent(event.type)}/${encodeURIComponent(event.stateKey)}`;
  const query = delayMs === undefined ? "" : `?org.matrix.msc4140.delay=${delayMs}`;
  const answer = await person.request<{ delay_id?: string }>("PUT", path + query, event.content);
  return answer.delay_id;
}

/** Sends an event in clear, whatever the room is; sticky (MSC4354) for the span where one is given. Returns its ID. */
export async function sendEvent(
  person: Person,
  roomId: string,
  type: string,
  content: object,
  stickyMs?: number,
): Promise<string> {
  const path = `${room(roomId)}/send/${encodeURIComponent(type)}/${crypto.randomUUID()}`;
  const query = stickyMs === undefined ? "" : `?org.matrix.msc4354.sticky_duration_ms=${stickyMs}`;
  return (await person.request<{ event_id: string }>("PUT", path + query, content)).event_id;
}

/** Takes an event's content away. */
export async function redact(person: Person, roomId: string, eventId: string): Promise<void> {
  const path = `${room(roomId)}/redact/${encodeURIComponent(eventId)}/${crypto.randomUUID()}`;
  await person.request("PUT", path, {});
}

/** An OpenID token, with which a person shows another service who they are. */
export function openIdToken(person: Person): Promise<OpenIdToken> {
  return person.request("POST", `/v3/user/${encodeURIComponent(person.userId)}/openid/request_token`, {});
}

export type OpenIdToken = {
  access_token: string;
  token_type: string;
  matrix_server_name: string;
  expires_in: number;
};

function room(roomId: string): string {
  return `/v3/rooms/${encodeURIComponent(roomId)}`;
}
