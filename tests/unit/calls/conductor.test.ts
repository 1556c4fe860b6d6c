import { describe, expect, test, vi } from "vitest";

import { Conductor } from "../../../electron/calls/conductor.ts";
import type { MemberView } from "../../../electron/rtc/types.ts";
import { Store } from "../../../electron/state/store.ts";
import type { MediaKey } from "../../../shared/ipc/contract.ts";
import type { RoomId } from "../../../shared/matrix/ids.ts";
import { initialState, type AppState, type RoomSummary } from "../../../shared/state/app-state.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeRtc } from "../../support/fake-rtc.ts";
import { FakeNotices } from "../../support/fake-notices.ts";

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
  others: [],
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

const me: MemberView = { ...bob, id: "@me:hs|D|n", user: "@me:hs", device: "D", eventId: "$mine", own: true };
/** Our direct room with Bob. */
const direct = "!d:hs";

function setup() {
  const rtc = new FakeRtc();
  const signals = new FakeNotices();
  const clock = new FakeClock(7);
  const store = new Store<AppState>({
    ...initialState,
    rooms: [summary(room), summary("!b:hs"), { ...summary(direct), direct: bob.user, name: "Bob" }],
  });
  const windows = { show: vi.fn(), prepare: vi.fn(), close: vi.fn() };
  const power = { stayAwake: vi.fn() };
  const keys: MediaKey[] = [];
  const conductor = new Conductor({
    rtc,
    signals,
    store,
    windows,
    power,
    clock,
    log: collectLog().log,
    personOf: (_room, user) => ({ user, name: user.slice(1, 4), avatar: null }),
    knowledge: {
      marks: () => ({ trust: "signed", handAt: null, reaction: null }),
      safetyCode: () => null,
    },
    peopleIn: async () =>
      [bob.user, "@carol:hs" as const].map((user) => ({ user, name: user, avatar: null })),
    tellKey: (key) => keys.push(key),
  });
  const call = () => store.state.call;
  async function join() {
    conductor.open(room, "video");
    conductor.join("video");
    await vi.waitFor(() => expect(rtc.joined).not.toBeNull());
    rtc.joined?.becomes({ phase: "live", error: null, joinedAt: 5 });
  }
  /** Bob's phone rings. */
  async function ring() {
    conductor.open(direct, "video");
    await stands(direct);
    await vi.waitFor(() => expect(call()?.outgoing?.phase).toBe("ringing"));
  }
  /** The server has our membership, and we have heard so. */
  async function stands(where: RoomId, others: readonly MemberView[] = []) {
    await vi.waitFor(() => expect(rtc.in(where)).not.toBeNull());
    rtc.in(where)?.becomes({ phase: "live", error: null, joinedAt: 5 });
    rtc.call(where, [...others, me]);
  }
  const bobSays = (reason: "busy" | null = null) =>
    conductor.onSignal({
      type: "declined",
      id: "$no",
      room: direct,
      sender: bob.user,
      of: "$ring1",
      reason,
      sentAt: 0,
    });
  return { rtc, signals, clock, store, conductor, windows, power, keys, call, join, ring, stands, bobSays };
}

describe("in a room", () => {
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

  test("whoever is put out of a room reads so in the call's window, though the room is listed no more", async () => {
    const { rtc, store, call, join } = setup();
    await join();
    store.update((state) => ({ ...state, rooms: [] }));
    rtc.joined?.becomes({ phase: "left", error: "room-left", joinedAt: 5 });
    expect(call()).toMatchObject({ room, name: "Room", phase: "lobby", error: "room-left" });
  });

  test("what the window says of its SFUs reaches the membership of the call that it says it of", async () => {
    const { rtc, conductor, join } = setup();
    conductor.connected(room, true);
    await join();
    conductor.connected(room, true);
    const told = (of: RoomId) => rtc.in(of)?.connected;
    expect(told(room)).toEqual([true]);
    conductor.accept(direct, "video", "hold");
    await vi.waitFor(() => expect(rtc.in(direct)).not.toBeNull());
    conductor.connected(direct, true);
    // The one that is held keeps its SFU.
    expect([told(room), told(direct)]).toEqual([[true], [true]]);
    conductor.connected(room, false);
    expect([told(room), told(direct)]).toEqual([[true, false], [true]]);
    conductor.connected(room, true);
    conductor.disconnected();
    expect([told(room)?.at(-1), told(direct)?.at(-1)]).toEqual([false, false]);
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
});

describe("a call to a person", () => {
  test("begins at once, and rings them alone once our membership stands", async () => {
    const { rtc, signals, conductor, windows, call, stands } = setup();
    conductor.open(direct, "audio");
    expect([call()?.phase, windows.show.mock.calls]).toEqual(["joining", [["call"]]]);
    await vi.waitFor(() =>
      expect(call()?.outgoing).toEqual({
        phase: "calling",
        people: [expect.objectContaining({ user: bob.user })],
      }),
    );
    expect([rtc.joins, signals.notified]).toEqual([[direct], []]);
    await stands(direct);
    await vi.waitFor(() => expect(call()?.outgoing?.phase).toBe("ringing"));
    expect(signals.notified).toEqual([{ room: direct, member: "$mine", ring: [bob.user], intent: "audio" }]);
  });

  test("who is in a call there already is joined from the lobby, and not rung", async () => {
    const { rtc, signals, conductor, call, stands } = setup();
    rtc.call(direct, [bob]);
    conductor.open(direct, "video");
    expect(call()).toMatchObject({ phase: "lobby", outgoing: null });
    conductor.join("video");
    await stands(direct, [bob]);
    await vi.waitFor(() => expect(call()?.phase).toBe("joined"));
    expect([call()?.outgoing, signals.notified]).toEqual([null, []]);
  });

  test("from the lobby, where a link led, they are rung on joining", async () => {
    const { signals, conductor, call, stands } = setup();
    conductor.lobby(direct, "video");
    expect(call()).toMatchObject({ phase: "lobby", outgoing: null });
    conductor.join("video");
    await stands(direct);
    await vi.waitFor(() => expect(signals.notified).toMatchObject([{ ring: [bob.user] }]));
  });

  test("a membership that an earlier run left is not what it refers to", async () => {
    const { rtc, signals, conductor, stands } = setup();
    rtc.call(direct, [{ ...me, eventId: "$ghost" }]);
    conductor.open(direct, "video");
    await vi.waitFor(() => expect(rtc.in(direct)).not.toBeNull());
    rtc.in(direct)?.becomes({ phase: "live", error: null, joinedAt: 5 });
    await stands(direct);
    await vi.waitFor(() => expect(signals.notified).toMatchObject([{ member: "$mine" }]));
  });

  test("it is answered by whoever was rung and comes", async () => {
    const { rtc, call, ring } = setup();
    await ring();
    rtc.call(direct, [me, bob]);
    expect(call()).toMatchObject({ phase: "joined", outgoing: { phase: "answered" } });
  });

  test.each([
    [null, "declined"],
    ["busy", "busy"],
  ] as const)("a decline (%s) leaves the call, and its window says why", async (reason, phase) => {
    const { rtc, windows, call, ring, bobSays } = setup();
    await ring();
    bobSays(reason);
    expect(call()).toMatchObject({ phase: "over", outgoing: { phase } });
    expect([rtc.joined, windows.close.mock.calls]).toEqual([null, []]);
  });

  test("nobody who answers in time leaves it too, and nothing rings on", async () => {
    const { signals, clock, call, ring } = setup();
    await ring();
    await clock.advance(90_000);
    expect(call()).toMatchObject({ phase: "over", outgoing: { phase: "no-answer" } });
    expect(signals.withdrawn).toEqual([direct]);
  });

  test("it can be tried again from there, and closed", async () => {
    const { rtc, signals, conductor, windows, call, ring, stands, bobSays } = setup();
    await ring();
    bobSays();
    rtc.call(direct, []);
    conductor.again();
    await stands(direct);
    await vi.waitFor(() => expect(signals.notified).toHaveLength(2));
    conductor.send({ type: "leave-asked" });
    await vi.waitFor(() => expect(call()).toBeNull());
    expect(windows.close).toHaveBeenCalledWith("call");
  });

  test("hanging up takes the ring back", async () => {
    const { signals, conductor, call, ring } = setup();
    await ring();
    conductor.send({ type: "leave-asked" });
    await vi.waitFor(() => expect(signals.withdrawn).toEqual([direct]));
    await vi.waitFor(() => expect(call()).toBeNull());
  });

  test("hanging up while the ring is on its way takes it back after it has come", async () => {
    const { signals, conductor, stands } = setup();
    const gate = Promise.withResolvers<void>();
    signals.gate = gate.promise;
    conductor.open(direct, "video");
    await stands(direct);
    await vi.waitFor(() => expect(signals.asked).toBe(1));
    conductor.send({ type: "leave-asked" });
    gate.resolve();
    await vi.waitFor(() => expect(signals.told).toEqual(["notified", "withdrawn"]));
  });

  test("a network that is away for a moment delays the ring", async () => {
    const { signals, clock, conductor, call, stands } = setup();
    signals.failures.push("offline", "rate-limited");
    conductor.open(direct, "video");
    await stands(direct);
    await clock.until("it rings", () => call()?.outgoing?.phase === "ringing");
    expect(signals.notified).toHaveLength(1);
  });

  test("a server that refuses the ring ends the call", async () => {
    const { signals, conductor, call, stands } = setup();
    signals.failures.push("forbidden");
    conductor.open(direct, "video");
    await stands(direct);
    await vi.waitFor(() => expect(call()).toMatchObject({ phase: "over", outgoing: { phase: "failed" } }));
    expect(signals.withdrawn).toEqual([]);
  });

  test("quitting takes the ring back before it is done", async () => {
    const { signals, conductor, ring } = setup();
    await ring();
    await conductor.stop();
    expect(signals.withdrawn).toEqual([direct]);
  });
});

describe("a ring into a call of many", () => {
  test("is announced and rings nobody where nothing else is asked", async () => {
    const { signals, call, join, stands } = setup();
    await join();
    await stands(room);
    await vi.waitFor(() => expect(signals.notified).toMatchObject([{ ring: "nobody" }]));
    expect(call()?.outgoing).toBeNull();
  });

  test("rings everyone if asked to, who may decline without ending it", async () => {
    const { signals, conductor, call, stands } = setup();
    conductor.open(room, "video");
    conductor.join("video", "everyone");
    await stands(room);
    await vi.waitFor(() => expect(call()?.outgoing?.phase).toBe("ringing"));
    expect(signals.notified).toMatchObject([{ ring: "everyone" }]);
    for (const sender of [bob.user, "@carol:hs" as const])
      conductor.onSignal({
        type: "declined",
        id: "$no",
        room,
        sender,
        of: "$ring1",
        reason: null,
        sentAt: 0,
      });
    expect(call()).toMatchObject({ phase: "joined", outgoing: { phase: "declined" } });
  });

  test("rings one more into a call that goes on", async () => {
    const { signals, conductor, call, join, stands } = setup();
    await join();
    await stands(room, [bob]);
    conductor.ringInto(["@carol:hs"]);
    await vi.waitFor(() =>
      expect(call()?.outgoing).toMatchObject({ phase: "ringing", people: [{ name: "car" }] }),
    );
    expect(signals.notified.at(-1)).toMatchObject({ ring: ["@carol:hs"] });
  });

  test("rings nobody from outside of a call", () => {
    const { conductor } = setup();
    expect(() => conductor.ringInto("everyone")).toThrow(expect.objectContaining({ code: "denied" }));
  });
});

describe("somebody rings", () => {
  test("the window connects unseen, joins on the answer, and is then shown", async () => {
    const { rtc, conductor, windows, call, stands } = setup();
    rtc.call(direct, [bob]);
    conductor.warm(direct, "video", true);
    await vi.waitFor(() => expect(call()).toMatchObject({ phase: "warm", transport: rtc.transport }));
    await conductor.grant(rtc.transport);
    expect([windows.prepare.mock.calls, windows.show.mock.calls, rtc.joins]).toEqual([[["call"]], [], []]);
    expect([conductor.room, conductor.keys()]).toEqual([null, []]);
    conductor.accept(direct, "audio", null);
    expect(rtc.joins).toEqual([direct]);
    await stands(direct, [bob]);
    expect(call()).toMatchObject({ phase: "joined", intent: "audio", outgoing: null });
    expect(windows.show.mock.calls).toEqual([["call"]]);
  });

  test("without leave to connect only the way is prepared", () => {
    const { rtc, conductor, windows, call } = setup();
    conductor.warm(direct, "video", false);
    expect([rtc.prepared, windows.prepare.mock.calls, call()]).toEqual([[direct], [], null]);
  });

  test("a ring that is over leaves nothing behind", async () => {
    const { conductor, windows, call } = setup();
    conductor.warm(direct, "video", true);
    conductor.cool(direct);
    expect([call(), windows.close.mock.calls]).toEqual([null, [["call"]]]);
  });

  test("in a call, an answer must say what becomes of that one", async () => {
    const { conductor, join } = setup();
    await join();
    expect(() => conductor.accept(direct, "video", null)).toThrow(
      expect.objectContaining({ code: "call-busy" }),
    );
  });

  test("ending the other call leaves it, and joins without waiting for that", async () => {
    const { rtc, conductor, join } = setup();
    await join();
    const first = rtc.in(room);
    const left = vi.spyOn(first ?? expect.fail("not joined"), "leave").mockReturnValue(new Promise(() => {}));
    conductor.accept(direct, "video", "end");
    expect(left).toHaveBeenCalled();
    expect(rtc.in(direct)).not.toBeNull();
  });

  test("a call that is held stays joined, unheard, and changes places", async () => {
    const { rtc, conductor, keys, call, join, stands } = setup();
    await join();
    conductor.accept(direct, "audio", "hold");
    await stands(direct, [bob]);
    expect(call()).toMatchObject({ room: direct, phase: "joined", held: { room, name: "Room" } });
    expect(rtc.in(room)).not.toBeNull();
    const before = keys.length;
    rtc.in(room)?.receives({ identity: "@x:hs:X", index: 0, key: new Uint8Array(16), own: false });
    expect(keys).toHaveLength(before);
    conductor.send({ type: "intent-changed", intent: "video" });
    expect([rtc.in(room)?.intents, rtc.in(direct)?.intents]).toEqual([[], ["video"]]);
    conductor.swap();
    expect(call()).toMatchObject({ room, held: { room: direct } });
    expect(conductor.keys()).toHaveLength(2);
  });

  test("a third call is not held", async () => {
    const { conductor, join } = setup();
    await join();
    conductor.accept(direct, "audio", "hold");
    expect(() => conductor.accept("!b:hs", "audio", "hold")).toThrow(
      expect.objectContaining({ code: "call-busy" }),
    );
  });

  test.each<[string, RoomId]>([
    ["the one that we are in", room],
    ["the one that is held", direct],
  ])("when %s ends by itself, the other one goes on and says why", async (_which, ends) => {
    const { rtc, store, conductor, call, join, stands } = setup();
    await join();
    conductor.accept(direct, "audio", "hold");
    await stands(direct, [bob]);
    conductor.swap();
    const goesOn = ends === room ? direct : room;
    // Whoever is put out of a room has it listed no more.
    store.update((state) => ({ ...state, rooms: state.rooms.filter(({ id }) => id !== ends) }));
    conductor.refresh();
    rtc.in(ends)?.becomes({ phase: "left", error: "room-left", joinedAt: 5 });
    expect(call()).toMatchObject({
      room: goesOn,
      phase: "joined",
      held: null,
      lost: { name: ends === room ? "Room" : "Bob", error: "room-left", at: 7 },
    });
    conductor.send({ type: "intent-changed", intent: "video" });
    expect(call()?.lost).toBeDefined();
    // Of its own end the lobby tells.
    rtc.in(goesOn)?.becomes({ phase: "left", error: "call-removed", joinedAt: 5 });
    expect(call()).toMatchObject({ room: goesOn, phase: "lobby", error: "call-removed" });
    expect(call()?.lost).toBeUndefined();
  });

  test("a call that ended beside another is not told of any more once we are in it again, nor one that we left", async () => {
    const { rtc, conductor, call, join, stands } = setup();
    await join();
    conductor.accept(direct, "audio", "hold");
    await stands(direct, [bob]);
    rtc.in(room)?.becomes({ phase: "left", error: "call-removed", joinedAt: 5 });
    expect(call()?.lost).toMatchObject({ room });
    conductor.accept(room, "audio", "hold");
    expect(call()?.lost).toBeUndefined();
    conductor.send({ type: "leave-asked" });
    expect(call()).toMatchObject({ room: direct, held: null });
    expect(call()?.lost).toBeUndefined();
  });

  test("leaving the one call brings back the other, and quitting leaves both", async () => {
    const { rtc, conductor, windows, call, join, stands } = setup();
    await join();
    conductor.accept(direct, "audio", "hold");
    await stands(direct, [bob]);
    conductor.send({ type: "leave-asked" });
    expect([call()?.room, call()?.held, windows.close.mock.calls]).toEqual([room, null, []]);
    conductor.accept(direct, "audio", "hold");
    await stands(direct, [bob]);
    await conductor.stop();
    expect([rtc.in(room), rtc.in(direct), call()]).toEqual([null, null, null]);
  });
});

test("the display stays on for a video call that is joined, and for nothing else", async () => {
  const { conductor, power, stands } = setup();
  conductor.open(direct, "video");
  expect(power.stayAwake).toHaveBeenLastCalledWith("machine");
  await stands(direct);
  expect(power.stayAwake).toHaveBeenLastCalledWith("display");
  conductor.send({ type: "intent-changed", intent: "audio" });
  expect(power.stayAwake).toHaveBeenLastCalledWith("machine");
  conductor.send({ type: "leave-asked" });
  expect(power.stayAwake).toHaveBeenLastCalledWith(null);
});
