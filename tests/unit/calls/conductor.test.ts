import { expect, test, vi } from "vitest";

import { Conductor } from "../../../electron/calls/conductor.ts";
import type { MemberView } from "../../../electron/rtc/types.ts";
import { Store } from "../../../electron/state/store.ts";
import type { MediaKey } from "../../../shared/ipc/contract.ts";
import type { RoomId } from "../../../shared/matrix/ids.ts";
import { initialState, type AppState, type RoomSummary } from "../../../shared/state/app-state.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeRtc } from "../../support/fake-rtc.ts";

const room = "!a:hs";
const summary = (id: RoomId): RoomSummary => ({
  id,
  name: "Room",
  avatar: null,
  direct: null,
  encrypted: true,
  memberCount: 2,
  canCall: true,
  call: null,
  activeAt: 0,
});
const bob: MemberView = {
  id: "@bob:hs|B|m",
  user: "@bob:hs",
  device: "B",
  memberId: "m",
  eventId: "$m",
  transport: { type: "livekit", serviceUrl: "https://other.sfu" },
  identity: "@bob:hs:B",
  joinedAt: 1,
  intent: "video",
  own: false,
  known: true,
};

function setup() {
  const rtc = new FakeRtc();
  const store = new Store<AppState>({ ...initialState, rooms: [summary(room), summary("!b:hs")] });
  const windows = { show: vi.fn(), close: vi.fn() };
  const power = { stayAwake: vi.fn() };
  const keys: MediaKey[] = [];
  const conductor = new Conductor({
    rtc,
    store,
    windows,
    power,
    clock: { now: () => 7, after: () => () => {} },
    log: collectLog().log,
    personOf: (_room, user) => ({ user, name: user.slice(1, 4), avatar: null }),
    tellKey: (key) => keys.push(key),
  });
  const call = () => store.state.call;
  async function join() {
    conductor.open(room, "video");
    conductor.send({ type: "join-asked", intent: "video" });
    await vi.waitFor(() => expect(rtc.joined).not.toBeNull());
    rtc.joined?.becomes({ phase: "live", error: null, joinedAt: 5 });
  }
  return { rtc, conductor, windows, power, keys, call, join };
}

test("a lobby shows who is in the call, and where we would publish", async () => {
  const { rtc, conductor, call } = setup();
  rtc.call(room, [bob]);
  conductor.open(room, "video");
  expect(call()).toMatchObject({
    phase: "lobby",
    participants: [{ name: "bob", key: "waiting", transport: "https://other.sfu" }],
  });
  await vi.waitFor(() => expect(call()?.transport).toBe(rtc.transport));
});

test("a join that succeeds is a call since the server took it, with the display kept on", async () => {
  const { call, join, power } = setup();
  await join();
  expect(call()).toMatchObject({ phase: "joined", joinedAt: 5, membership: "live" });
  expect(power.stayAwake).toHaveBeenLastCalledWith("display");
});

test("another room's call cannot be opened meanwhile", async () => {
  const { conductor, join } = setup();
  await join();
  expect(() => conductor.open("!b:hs", "audio")).toThrow(expect.objectContaining({ code: "call-busy" }));
});

test("a call that the server forbids is back in the lobby with the reason", async () => {
  const { rtc, call, join } = setup();
  await join();
  rtc.joined?.becomes({ phase: "left", error: "call-forbidden", joinedAt: 5 });
  expect(call()).toMatchObject({ phase: "lobby", error: "call-forbidden" });
});

test("media keys go to the window as they come, our own first, and all again when it asks", async () => {
  const { rtc, conductor, keys, join } = setup();
  await join();
  const key = { identity: "@bob:hs:B", index: 0, key: new Uint8Array(16), own: false };
  rtc.joined?.receives(key);
  expect(keys).toMatchObject([{ own: true }, key]);
  expect(conductor.keys()).toEqual(keys);
});

test("a grant is given for SFUs of this call alone, and anew at each dial", async () => {
  const { rtc, conductor, join } = setup();
  rtc.call(room, [bob]);
  await join();
  await vi.waitFor(async () => conductor.grant(rtc.transport));
  await conductor.grant(rtc.transport);
  await conductor.grant("https://other.sfu");
  await expect(conductor.grant("https://evil")).rejects.toMatchObject({ code: "denied" });
  expect(rtc.granted).toEqual([
    { transport: rtc.transport, fresh: false },
    { transport: rtc.transport, fresh: true },
    { transport: "https://other.sfu", fresh: false },
  ]);
});

test("hanging up and joining again waits for the first leave", async () => {
  const { rtc, conductor, join, call } = setup();
  await join();
  conductor.send({ type: "leave-asked" });
  await join();
  expect(rtc.joined).not.toBeNull();
  expect(call()).toMatchObject({ phase: "joined" });
});

test("a closed window leaves the call, and the display may sleep", async () => {
  const { rtc, conductor, power, call, join } = setup();
  await join();
  conductor.send({ type: "window-gone" });
  await vi.waitFor(() => expect(call()).toBeNull());
  expect(rtc.joined).toBeNull();
  expect(power.stayAwake).toHaveBeenLastCalledWith(null);
});

test("the camera going off is told to the others", async () => {
  const { rtc, conductor, join } = setup();
  await join();
  conductor.send({ type: "intent-changed", intent: "audio" });
  expect(rtc.joined?.intents).toEqual(["audio"]);
});
