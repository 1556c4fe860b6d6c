import { dispose } from "@livekit/rtc-node";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { identityIn } from "../../../electron/rtc/grant-answer.ts";
import { codeOf } from "../../../shared/errors.ts";
import type { SfuGrant } from "../../../shared/ipc/contract.ts";
import type { RoomId } from "../../../shared/matrix/ids.ts";
import { textIdentity } from "../../stack/authorization/identity.ts";
import { type Stack, startStack } from "../../stack/stack.ts";
import { callMemberType, freshName, makeRoom, type Person, sendState, signUp } from "../../support/people.ts";
import { type Caller, caller, connected } from "./caller.ts";
import { type RoomWatch, watchRoom } from "../../support/watch-room.ts";

let stack: Stack;
let alice: Person;
let room: RoomId;
let phone: Caller;
let watch: RoomWatch;

beforeAll(async () => {
  stack = await startStack({ homeserverEndpoints: true });
});
afterAll(async () => {
  await watch?.stop();
  await phone?.quit();
  await stack?.stop();
  await dispose();
});
beforeEach(async () => {
  await watch?.stop();
  await phone?.quit();
  if (stack.endpoints) stack.endpoints.naming = "member";
  alice = await signUp(stack.homeserver, freshName("alice"));
  const bob = await signUp(stack.homeserver, freshName("bob"));
  room = (await makeRoom(alice, [bob])) as RoomId;
  watch = await watchRoom(bob, room);
  phone = await caller(alice);
});

const own = (who = phone, where = stack): Promise<SfuGrant> =>
  who.grants.get(room, where.authorization.url, who.self, { own: true, fresh: true });
const delegate = (delayId: string) =>
  phone.grants.delegate(room, stack.authorization.url, phone.self, { delayId, delayMs: 3_600_000 });

/** Alice's leave, an hour from now. */
async function delayedLeave(): Promise<string> {
  const stateKey = `_${alice.userId}_${phone.matrix.device}_m.call`;
  const delayId = await sendState(alice, room, { type: callMemberType, stateKey, content: {} }, 3_600_000);
  if (delayId === undefined) throw new Error("the homeserver gave no delay id");
  return delayId;
}

test("the homeserver lets its user in by the name of their membership, and takes over their leave", async () => {
  const grant = await own();
  expect(grant.url).toBe(stack.sfu.url);
  const there = await connected(grant);
  expect(there.localParticipant?.identity).toBe(phone.self.identity);
  expect(await delegate(await delayedLeave())).toBe("taken");
  // Nobody else was asked, and nobody else knows the delay id.
  expect(phone.asked).toEqual([]);
  await there.disconnect();
  await watch.until(({ type, content }) => type === callMemberType && Object.keys(content).length === 0);
});

test("a homeserver that hashes names as MSC4195's text does is passed over where we publish", async () => {
  if (stack.endpoints) stack.endpoints.naming = "member_id";
  const { matrix, self, grants, asked } = phone;
  const sfu = `${stack.sfu.url}#${stack.homeserver.serverName}`;
  const heard = await grants.get(room, sfu, self, { own: false, fresh: true });
  expect(identityIn(heard)).toBe(textIdentity(matrix.user, self.memberId));
  expect(asked).toEqual([]);
  expect(identityIn(await own())).toBe(self.identity);
  expect(await delegate(await delayedLeave())).toBe("taken");
  expect(asked).toEqual(["/get_token", "/delegate_delayed_leave", "/delegate_delayed_leave"]);
});

test("a legacy membership's name and leave are the service's, whatever the homeserver has", async () => {
  const name = `${phone.matrix.user}:${phone.matrix.device}`;
  const legacy: Caller = { ...phone, self: { form: "legacy", memberId: name, identity: name } };
  const there = await connected(await own(legacy));
  expect(there.localParticipant?.identity).toBe(name);
  const leave = { delayId: await delayedLeave(), delayMs: 3_600_000 };
  expect(await phone.grants.delegate(room, stack.authorization.url, legacy.self, leave)).toBe("taken");
  expect(phone.asked).toEqual(["/sfu/get", "/delegate_delayed_leave", "/sfu/get"]);
  await there.disconnect();
  await watch.until(({ type, content }) => type === callMemberType && Object.keys(content).length === 0);
});

test.each(["legacy", "sticky"] as const)(
  "a user without full access delegates no leave: %s",
  async (form) => {
    const { serverName } = stack.homeserver;
    stack.authorization.fullAccess.delete(serverName);
    try {
      const self = { ...phone.self, form };
      const leave = { delayId: await delayedLeave(), delayMs: 3_600_000 };
      const answer = await phone.grants.delegate(room, stack.authorization.url, self, leave);
      expect(answer).toBe("unsupported");
    } finally {
      stack.authorization.fullAccess.add(serverName);
    }
  },
);

test("whoever is not in the room is refused", async () => {
  const theirs = (await makeRoom(await signUp(stack.homeserver, freshName("carol")), [])) as RoomId;
  const sfu = `${stack.sfu.url}#${stack.homeserver.serverName}`;
  const asked = phone.grants.get(theirs, sfu, phone.self, { own: false, fresh: true });
  expect(await asked.catch(codeOf)).toBe("grant-refused");
});

test("an SFU that is not the homeserver's is refused", async () => {
  const sfu = `ws://127.0.0.1:9#${stack.homeserver.serverName}`;
  const asked = phone.grants.get(room, sfu, phone.self, { own: false, fresh: true });
  expect(await asked.catch(codeOf)).toBe("grant-refused");
});

test("while the service behind it is gone, the homeserver's no answer is none for good", async () => {
  await stack.authorization.kill();
  expect(await own().catch(codeOf)).toBe("grant-unreachable");
  await stack.authorization.start();
  phone.asked.length = 0;
  expect(identityIn(await own())).toBe(phone.self.identity);
  expect(phone.asked).toEqual([]);
});

test("a homeserver without the endpoints is found out, and its service asked instead", async () => {
  const plain = await startStack();
  const carol = await signUp(plain.homeserver, "carol");
  const elsewhere = await caller(carol);
  try {
    room = (await makeRoom(carol, [])) as RoomId;
    const sfu = `${plain.sfu.url}#${plain.homeserver.serverName}`;
    const asked = elsewhere.grants.get(room, sfu, elsewhere.self, { own: false, fresh: true });
    expect(await asked.catch(codeOf)).toBe("grant-refused");
    expect(identityIn(await own(elsewhere, plain))).toBe(elsewhere.self.identity);
    expect(elsewhere.asked).toEqual(["/get_token"]);
  } finally {
    await elsewhere.quit();
    await plain.stop();
  }
});
