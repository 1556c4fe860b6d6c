import { dispose } from "@livekit/rtc-node";
import { RoomServiceClient } from "livekit-server-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";

import { codeOf } from "../../../shared/errors.ts";
import type { RoomId } from "../../../shared/matrix/ids.ts";
import { type Federation, startFederation } from "../../stack/federation.ts";
import { join, makeRoom, type Person, signUp } from "../../support/people.ts";
import { type Caller, caller, connected } from "./caller.ts";

let federation: Federation;
let ann: Person;
let ben: Person;
let annPhone: Caller;
let benPhone: Caller;
let room: RoomId;

beforeAll(async () => {
  federation = await startFederation({ homeserverEndpoints: true });
  const { a, b } = federation;
  [ann, ben] = await Promise.all([signUp(a.homeserver, "ann"), signUp(b.homeserver, "ben")]);
  annPhone = await caller(ann);
  benPhone = await caller(ben);
  room = (await makeRoom(ben, [])) as RoomId;
  await ben.request("POST", `/v3/rooms/${encodeURIComponent(room)}/invite`, { user_id: ann.userId });
  await join(ann, room);
});
afterAll(async () => {
  await Promise.all([annPhone?.quit(), benPhone?.quit()]);
  await federation?.stop();
  await dispose();
});

/** Ann's leave for Ben's SFU, which only his homeserver can give. */
const listening = (where: RoomId) => {
  const { b } = federation;
  const sfu = `${b.sfu.url}#${b.homeserver.serverName}`;
  return annPhone.grants.get(where, sfu, annPhone.self, { own: false, fresh: true });
};

test("a homeserver gives leave to listen on another homeserver's SFU, and asks no service itself", async () => {
  const { b } = federation;
  const publishing = await benPhone.grants.get(room, b.authorization.url, benPhone.self, {
    own: true,
    fresh: true,
  });
  const there = await connected(publishing);
  const heard = await connected(await listening(room));
  expect(heard.localParticipant?.identity).toBe(annPhone.self.identity);
  const sfu = new RoomServiceClient(b.sfu.apiUrl, b.sfu.key, b.sfu.secret);
  const seen = await sfu.listParticipants(heard.name ?? "");
  const rights = new Map(seen.map(({ identity, permission }) => [identity, permission?.canPublish]));
  expect(rights.get(annPhone.self.identity)).toBe(false);
  expect(rights.get(benPhone.self.identity)).toBe(true);
  expect([...annPhone.asked, ...benPhone.asked]).toEqual([]);
  await Promise.all([heard.disconnect(), there.disconnect()]);
});

test("another homeserver refuses whoever it does not know to be in the room", async () => {
  const hers = (await makeRoom(ann, [])) as RoomId;
  expect(await listening(hers).catch(codeOf)).toBe("grant-refused");
});
