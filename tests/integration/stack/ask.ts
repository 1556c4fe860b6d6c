import { openIdToken, type OpenIdToken, type Person } from "../../support/people.ts";

export type Answer = { status: number; body: Record<string, unknown>; headers: Headers };

/** Posts to an authorization service; a string goes as it is. */
export async function ask(service: string, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${service}${path}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  // Every answer of the service is a JSON object.
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body: answer, headers: response.headers };
}

export type LegacyBody = {
  room: string;
  device_id: string;
  openid_token: OpenIdToken;
  delay_id?: string;
  delay_timeout?: number;
};

export async function legacyBody(person: Person, roomId: string): Promise<LegacyBody> {
  return { room: roomId, device_id: person.deviceId, openid_token: await openIdToken(person) };
}

export type MemberBody = {
  room_id: string;
  slot_id: string;
  openid_token: OpenIdToken;
  member: { id: string; claimed_user_id: string; claimed_device_id: string };
  delay_id?: string;
  delay_timeout?: number;
};

export async function memberBody(person: Person, roomId: string): Promise<MemberBody> {
  return {
    room_id: roomId,
    slot_id: "m.call#ROOM",
    openid_token: await openIdToken(person),
    member: { id: "member1", claimed_user_id: person.userId, claimed_device_id: person.deviceId },
  };
}
