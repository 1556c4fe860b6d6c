import { RoomServiceClient } from "livekit-server-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";

import { legacySlotId, sfuRoomName } from "../../stack/authorization/identity.ts";
import { type Federation, startFederation } from "../../stack/federation.ts";
import { claimCall } from "../../support/callers.ts";
import { callMemberType, makeRoom, type Person, signUp, stateOf } from "../../support/people.ts";
import { ask, legacyBody } from "./ask.ts";

let federation: Federation;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  federation = await startFederation({ behindProxy: ["authorization", "federation"] });
  const { a, b } = federation;
  [alice, bob] = await Promise.all([signUp(a.homeserver, "alice"), signUp(b.homeserver, "bob")]);
}, 120_000);

afterAll(() => federation?.stop());

/** Who says, by their own homeserver, to be in the call of a room. */
async function inCall(asking: Person, room: string): Promise<string[]> {
  return (await stateOf(asking, room, callMemberType)).map(({ sender }) => sender);
}

test("people of both homeservers share a room, and calls are seen across", async () => {
  const room = await makeRoom(alice, [bob]);
  await claimCall(bob, room, federation.b.authorization.url);
  await expect.poll(() => inCall(alice, room)).toEqual([bob.userId]);
});

test("a homeserver that was cut off from the other hears what it missed", async () => {
  const room = await makeRoom(alice, [bob]);
  await federation.a.faults.federation?.refuse();
  await claimCall(bob, room, federation.b.authorization.url);
  await federation.a.faults.federation?.pass();
  await expect.poll(() => inCall(alice, room)).toEqual([bob.userId]);
});

test("a service lets in users of the other homeserver, and makes rooms for its own alone", async () => {
  const { a, b } = federation;
  const rooms = new RoomServiceClient(b.sfu.apiUrl, b.sfu.key, b.sfu.secret);
  const name = sfuRoomName("!shared:elsewhere", legacySlotId);
  const asAlice = await ask(b.authorization.url, "/sfu/get", await legacyBody(alice, "!shared:elsewhere"));
  expect([asAlice.status, asAlice.body["url"]]).toEqual([200, b.sfu.url]);
  expect(await rooms.listRooms([name])).toEqual([]);
  await ask(b.authorization.url, "/sfu/get", await legacyBody(bob, "!shared:elsewhere"));
  expect(await rooms.listRooms([name])).toHaveLength(1);
  expect(a.sfu.url).not.toBe(b.sfu.url);
});

test("a service that refuses a homeserver's users goes on serving the others", async () => {
  const { a, b } = federation;
  b.authorization.refused.add(a.homeserver.serverName);
  const get = async (person: Person) =>
    (await ask(b.authorization.url, "/sfu/get", await legacyBody(person, "!any:elsewhere"))).status;
  expect([await get(alice), await get(bob)]).toEqual([401, 200]);
  b.authorization.refused.clear();
  expect(await get(alice)).toBe(200);
});
