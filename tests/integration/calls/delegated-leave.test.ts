import { dispose, Room } from "@livekit/rtc-node";
import { afterAll, afterEach, expect, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { mainProcesses, SOON } from "../../support/main-processes.ts";
import type { MainProcess } from "../../support/main-process.ts";
import { freshName, makeRoom, signUp, type Person } from "../../support/people.ts";

const [OWN, LONG] = [24_000, 3_600_000];

const mains = mainProcesses();
const sfuRooms: Room[] = [];
afterEach(async () => {
  for (const room of sfuRooms.splice(0)) await room.disconnect();
});
afterAll(() => dispose());

interface Listed {
  readonly delayed_events: readonly { readonly delay: number }[];
}

/** How long each delayed event of a person takes, as the homeserver has them. */
const delays = async (person: Person): Promise<readonly number[]> =>
  (await person.request<Listed>("GET", "/unstable/org.matrix.msc4140/delayed_events")).delayed_events
    .map(({ delay }) => delay)
    .toSorted((a, b) => a - b);

async function joined(form: "compatible" | "sticky") {
  const alice = await signUp(mains.stack.homeserver, freshName("alice"));
  const room = (await makeRoom(alice, [], { encrypted: false })) as RoomId;
  const main = await mains.start(alice, room);
  main.store.update((state) => ({ ...state, settings: { ...state.settings, membership: form } }));
  main.running.conductor.lobby(room, "video");
  main.running.conductor.join("video");
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);
  return { alice, main };
}

/** What the call's window does. */
async function onSfu({ running, store }: MainProcess): Promise<Room> {
  const { call } = store.state;
  if (!call) throw new Error("no call");
  const { url, token } = await running.conductor.grant(call.transport ?? "");
  const room = new Room();
  sfuRooms.push(room);
  await room.connect(url, token, { autoSubscribe: false, dynacast: false });
  running.conductor.connected(call.room, true);
  return room;
}

test.each(["compatible", "sticky"] as const)(
  "on its SFU the service keeps the leave of a %s member; off it, we do again; and a leave leaves nothing to fire",
  async (form) => {
    const { alice, main } = await joined(form);
    await vi.waitFor(async () => expect(await delays(alice)).toEqual([OWN]), SOON);
    const room = await onSfu(main);
    await vi.waitFor(async () => expect(await delays(alice)).toEqual([LONG]), SOON);

    await room.disconnect();
    main.running.conductor.disconnected();
    await vi.waitFor(async () => expect(await delays(alice)).toEqual([OWN]), SOON);
    await vi.waitFor(() => expect(main.store.state.call?.membership).toBe("live"), SOON);

    await onSfu(main);
    await vi.waitFor(async () => expect(await delays(alice)).toEqual([LONG]), SOON);
    main.running.conductor.send({ type: "leave-asked" });
    await vi.waitFor(async () => expect(await delays(alice)).toEqual([]), SOON);
    await vi.waitFor(() => expect(main.store.state.rooms[0]?.call ?? null).toBeNull(), SOON);
  },
);
