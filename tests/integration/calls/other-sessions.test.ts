import { afterAll, beforeAll, expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { claimCall } from "../../support/callers.ts";
import { mainProcess, type MainProcess } from "../../support/main-process.ts";
import { callMemberType, freshName, makeRoom, sendState, signUp, type Person } from "../../support/people.ts";
import { SOON } from "../../support/main-processes.ts";

let stack: Stack;
let alice: MainProcess;
let bob: Person;
let carol: Person;
let room: RoomId;

beforeAll(async () => {
  stack = await startStack();
  const person = await signUp(stack.homeserver, freshName("alice"));
  bob = await signUp(stack.homeserver, freshName("bob"));
  carol = await signUp(stack.homeserver, freshName("carol"));
  room = (await makeRoom(person, [bob, carol])) as RoomId;
  alice = await mainProcess();
  await alice.login(person);
});
afterAll(async () => {
  await alice.quit();
  await alice.remove();
  await stack.stop();
});

const shown = () => {
  const found = alice.store.state.rooms.find(({ id }) => id === room);
  return { call: found?.call?.people.map(({ user }) => user) ?? null, others: found?.others ?? [] };
};

/** A member event as another app writes it; empty content is a leave. */
const write = (person: Person, application: string, callId: string, transport: object | null) =>
  sendState(person, room, {
    type: callMemberType,
    stateKey: `_${person.userId}_${person.deviceId}_${application}${callId}`,
    content:
      transport === null
        ? {}
        : {
            application,
            call_id: callId,
            device_id: person.deviceId,
            expires: 14_400_000,
            focus_active: { type: "livekit", focus_selection: "multi_sfu" },
            foci_preferred: [transport],
          },
  });

test("a whiteboard is shown with its people beside a call, which goes on as ever", async () => {
  await write(bob, "org.example.whiteboard", "1", { type: "org.example.relay" });
  await write(carol, "org.example.whiteboard", "1", { type: "org.example.relay" });
  await vi.waitFor(() => expect(shown().others[0]?.people).toHaveLength(2), SOON);
  expect(shown()).toMatchObject({
    call: null,
    others: [{ slot: "org.example.whiteboard#1", application: "org.example.whiteboard", transport: null }],
  });

  await claimCall(bob, room, stack.authorization.url);
  await vi.waitFor(() => expect(shown().call).toEqual([bob.userId]), SOON);
  alice.running.conductor.open(room, "video");
  alice.running.conductor.join("video");
  await vi.waitFor(
    () => expect(alice.store.state.call).toMatchObject({ phase: "joined", error: null }),
    SOON,
  );
  expect(alice.store.state.call?.participants.map(({ user }) => user)).toContain(bob.userId);
  expect(shown().others).toHaveLength(1);

  alice.running.conductor.send({ type: "leave-asked" });
  await write(bob, "org.example.whiteboard", "1", null);
  await write(carol, "org.example.whiteboard", "1", null);
  await vi.waitFor(() => expect(shown()).toEqual({ call: [bob.userId], others: [] }), SOON);
  await write(bob, "m.call", "", null);
  await vi.waitFor(() => expect(shown()).toEqual({ call: null, others: [] }), SOON);
});

test("a call on a transport that we do not speak is one of the others, until somebody comes whom we can hear", async () => {
  await write(bob, "m.call", "", { type: "org.jitsi.meet", "org.jitsi.meet.domain": "jitsi.example.org" });
  await vi.waitFor(
    () =>
      expect(shown()).toMatchObject({
        call: null,
        others: [{ application: "m.call", transport: "org.jitsi.meet", people: [{ name: "Bob" }] }],
      }),
    SOON,
  );
  await claimCall(carol, room, stack.authorization.url);
  await vi.waitFor(() => expect(shown()).toEqual({ call: [bob.userId, carol.userId], others: [] }), SOON);
});
