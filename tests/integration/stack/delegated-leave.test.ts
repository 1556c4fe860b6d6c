import { dispose, Room, RoomEvent } from "@livekit/rtc-node";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { callMemberType, freshName, makeRoom, type Person, sendState, signUp } from "../../support/people.ts";
import { type RoomWatch, watchRoom } from "../../support/watch-room.ts";
import { ask, legacyBody, memberBody } from "./ask.ts";

const longDelayMs = 600_000;

let stack: Stack;
let alice: Person;
let bob: Person;
let roomId: string;
let watch: RoomWatch;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(async () => {
  await watch?.stop();
  await stack?.stop();
  await dispose();
});

beforeEach(async () => {
  await watch?.stop();
  alice = await signUp(stack.homeserver, freshName("alice"));
  bob = await signUp(stack.homeserver, freshName("bob"));
  roomId = await makeRoom(alice, [bob]);
  watch = await watchRoom(alice, roomId);
});

/** Bob's membership with a delayed leave behind it; returns the delay's id. */
async function joinCall(delayMs: number): Promise<string> {
  const stateKey = `_${bob.userId}_${bob.deviceId}_m.call`;
  const delayId = await sendState(bob, roomId, { type: callMemberType, stateKey, content: {} }, delayMs);
  await sendState(bob, roomId, { type: callMemberType, stateKey, content: { application: "m.call" } });
  if (delayId === undefined) throw new Error("the homeserver gave no delay id");
  return delayId;
}

async function connect(delayId: string, delayMs: number): Promise<Room> {
  const { body } = await ask(stack.authorization.url, "/sfu/get", {
    ...(await legacyBody(bob, roomId)),
    delay_id: delayId,
    delay_timeout: delayMs,
  });
  const room = new Room();
  await room.connect(String(body["url"]), String(body["jwt"]), { autoSubscribe: false, dynacast: false });
  return room;
}

const left = (): Promise<unknown> =>
  watch.until(({ type, content }) => type === callMemberType && Object.keys(content).length === 0);

type DelayedEvent = { delay_id: string; delayed_since_ts: number };

/** When the delay last began to run, epoch ms; undefined once the event was sent. */
async function runningSince(delayId: string): Promise<number | undefined> {
  const path = `/unstable/org.matrix.msc4140/delayed_events/${delayId}`;
  return (await bob.request.orUndefined<DelayedEvent>("GET", path))?.delayed_since_ts;
}

test("a delegated leave is sent when the participant leaves the SFU", async () => {
  const room = await connect(await joinCall(longDelayMs), longDelayMs);
  await room.disconnect();
  await left();
});

test("a leave that is delegated during the call is sent when the participant leaves the SFU", async () => {
  const delayId = await joinCall(longDelayMs);
  const { body } = await ask(stack.authorization.url, "/get_token", await memberBody(bob, roomId));
  const room = new Room();
  await room.connect(String(body["url"]), String(body["jwt"]), { autoSubscribe: false, dynacast: false });
  const delay = { delay_id: delayId, delay_timeout: longDelayMs };
  const answer = await ask(stack.authorization.url, "/delegate_delayed_leave", {
    ...(await memberBody(bob, roomId)),
    ...delay,
  });
  expect([answer.status, answer.body]).toEqual([200, {}]);
  await room.disconnect();
  await left();
});

test("a delegated leave is restarted while the participant is on the SFU, and fires once the SFU is gone", async () => {
  const delayMs = 3_000;
  const delayId = await joinCall(delayMs);
  const began = (await runningSince(delayId)) ?? 0;
  await connect(delayId, delayMs);
  // Later than its own delay, so without restarts it would have been sent.
  await expect.poll(() => runningSince(delayId), { timeout: 30_000 }).toBeGreaterThan(began + 2 * delayMs);
  await stack.sfu.kill();
  await left();
  await stack.sfu.start();
});

test("a participant that connects anew takes its delegated leave along", async () => {
  const delayId = await joinCall(longDelayMs);
  const first = await connect(delayId, longDelayMs);
  const replaced = new Promise((resolve) => first.once(RoomEvent.Disconnected, resolve));
  const second = await connect(delayId, longDelayMs);
  await replaced;
  expect(await runningSince(delayId)).toBeTypeOf("number");
  await second.disconnect();
  await left();
  expect(await runningSince(delayId)).toBeUndefined();
});
