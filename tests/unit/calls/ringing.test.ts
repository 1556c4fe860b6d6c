import { expect, test, vi } from "vitest";

import { Ringing } from "../../../electron/calls/ringing.ts";
import { ringingChoice } from "../../../electron/calls/ring-state.ts";
import { ringsIn, type RingsFile } from "../../../electron/calls/rings-file.ts";
import type { Clock } from "../../../electron/rtc/ports.ts";
import type { MemberView } from "../../../electron/rtc/types.ts";
import { Database } from "../../../electron/state/database.ts";
import { Store } from "../../../electron/state/store.ts";
import { noRings, type Rings } from "../../../shared/call/ring.ts";
import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { CallNotification } from "../../../shared/rtc/notification.ts";
import { initialState, type AppState } from "../../../shared/state/app-state.ts";
import type { Settings } from "../../../shared/state/settings.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeDesktop } from "../../support/fake-desktop.ts";
import { FakeRtc } from "../../support/fake-rtc.ts";
import { FakeSignals } from "../../support/fake-signals.ts";

const me: UserId = "@me:hs";
const bob: UserId = "@bob:hs";
const room: RoomId = "!bob:hs";

const member = (user: UserId, device: string, own = false): MemberView => ({
  id: `${user}|${device}|m`,
  user,
  device,
  memberId: "m",
  eventId: `$member-${device}`,
  transport: null,
  identity: `${user}:${device}`,
  joinedAt: 1,
  intent: "video",
  own,
  known: true,
});

function world({ settings = {}, saved = noRings }: { settings?: Partial<Settings>; saved?: Rings } = {}) {
  const clock = new FakeClock();
  /** Timers may be early, as Node's are by up to a millisecond. */
  const time = { earlyMs: 0 };
  const early: Clock = {
    now: () => clock.now(),
    after: (ms, run) => clock.after(ms > time.earlyMs ? ms - time.earlyMs : ms, run),
  };
  const desktop = new FakeDesktop();
  const signals = new FakeSignals();
  signals.direct.set(room, bob);
  const rtc = new FakeRtc();
  const store = new Store<AppState>({ ...initialState, settings: { ...initialState.settings, ...settings } });
  const conductor = {
    room: null as RoomId | null,
    accept: vi.fn(),
    warm: vi.fn(),
    cool: vi.fn(),
    open: vi.fn(),
    onSignal: vi.fn(),
  };
  const remember = vi.fn();
  const disk = { rings: saved, full: false };
  const file: RingsFile = {
    read: () => disk.rings,
    write(rings) {
      if (disk.full) throw new Error("full");
      disk.rings = rings;
    },
  };
  const begin = () =>
    new Ringing({
      me,
      signals,
      rtc,
      conductor,
      store,
      windows: desktop,
      notifier: desktop,
      systemQuiet: desktop,
      file,
      clock: early,
      log: collectLog().log,
      personOf: (_room, user) => ({ user, name: user.slice(1, 4), avatar: null }),
      remember,
    });
  /** Up to date with its homeserver. */
  const start = () => {
    const ringing = begin();
    ringing.live();
    return ringing;
  };
  const notification = (id: EventId, more: Partial<CallNotification> = {}): CallNotification => ({
    id,
    room,
    sender: bob,
    kind: "ring",
    slot: "m.call#ROOM",
    member: "$member-B",
    users: [me],
    everyone: false,
    intent: "video",
    sentAt: clock.now(),
    expiresAt: clock.now() + 90_000,
    ...more,
  });
  /** Bob is in his call, and rings. */
  async function ring(id: EventId = "$ring", more: Partial<CallNotification> = {}): Promise<void> {
    rtc.call(room, [member(bob, "B")]);
    signals.hear({ type: "notified", notification: notification(id, more) });
    await clock.advance(0);
  }
  return {
    clock,
    desktop,
    signals,
    rtc,
    store,
    conductor,
    remember,
    disk,
    time,
    begin,
    start,
    ring,
    notification,
  };
}

test("a ring is on the screen: in the state, as a notification, in its window; and the call is made ready", async () => {
  const { start, ring, desktop, store, conductor } = world();
  start();
  await ring();
  expect(store.state.rings).toMatchObject([
    { id: "$ring", from: { user: bob }, roomName: null, second: false },
  ]);
  expect(desktop.rings.map(({ notice }) => notice.title)).toEqual(["bob"]);
  expect(desktop.shown).toContain("ring");
  expect(conductor.warm).toHaveBeenCalledExactlyOnceWith(room, "video", true);
});

test("the SFU is not joined ahead of an answer where the user does not want it", async () => {
  const { start, ring, conductor } = world({ settings: { warmJoin: false } });
  start();
  await ring();
  expect(conductor.warm).toHaveBeenCalledExactlyOnceWith(room, "video", false);
});

test("nor for somebody with whom we share no direct room", async () => {
  const { start, conductor, rtc, signals, clock, notification } = world({
    settings: { ringing: { "!choir:hs": { mode: "on", tone: "marimba", volume: null } } },
  });
  start();
  rtc.call("!choir:hs", [member(bob, "B")]);
  signals.hear({ type: "notified", notification: notification("$ring", { room: "!choir:hs" }) });
  await clock.advance(0);
  expect(conductor.warm).toHaveBeenCalledExactlyOnceWith("!choir:hs", "video", false);
});

test("each answer takes the ring away everywhere, and goes where it should", async () => {
  const { start, ring, desktop, store, conductor, signals, clock, remember } = world();
  const ringing = start();
  await ring("$one");
  desktop.rings[0]?.on.accepted("audio");
  expect(conductor.accept).toHaveBeenCalledExactlyOnceWith(room, "audio", null);
  expect([store.state.rings, desktop.rings, [...desktop.shown]]).toEqual([[], [], []]);

  await ring("$two");
  desktop.rings[0]?.on.declined();
  await clock.advance(0);
  expect(signals.said).toEqual([{ what: "decline", room, about: { of: "$two", reason: null } }]);
  expect(store.state.rings).toEqual([]);

  await ring("$three");
  ringing.remind("$three");
  expect(remember).toHaveBeenCalledWith(expect.objectContaining({ type: "put-off", id: "$three", room }));
  expect(store.state.rings).toEqual([]);
  expect(desktop.missedCalls).toHaveLength(1);

  await ring("$four");
  await ringing.reply("$four", "Later");
  expect(signals.said.slice(1)).toEqual([
    { what: "say", room, about: "Later" },
    { what: "decline", room, about: { of: "$four", reason: null } },
  ]);
  expect(store.state.rings).toEqual([]);
});

test("a message that cannot be sent leaves the ring as it is", async () => {
  const { start, ring, store, signals } = world();
  const ringing = start();
  await ring();
  signals.offline = true;
  await expect(ringing.reply("$ring", "Later")).rejects.toThrow();
  expect(store.state.rings).toHaveLength(1);
});

test("a decline that finds no network is said again until it is heard", async () => {
  const { start, ring, signals, clock } = world();
  const ringing = start();
  await ring();
  signals.offline = true;
  ringing.decline("$ring");
  await clock.advance(3_000);
  signals.offline = false;
  await clock.advance(3_000);
  expect(signals.said.map(({ what }) => what)).toEqual(["decline"]);
});

test("an answer to a ring that is over says so, and from the desktop it opens the app", async () => {
  const { start, ring, desktop, rtc } = world();
  const ringing = start();
  await ring();
  const answer = desktop.rings[0]?.on;
  rtc.call(room, []);
  expect(() => ringing.accept("$ring", "video", null)).toThrow("ring-over");
  answer?.accepted("video");
  expect(desktop.shown).toContain("home");
});

test("where the other call stands in the way, the ring goes on", async () => {
  const { start, ring, conductor, store } = world();
  const ringing = start();
  await ring();
  conductor.accept.mockImplementation(() => {
    throw new Error("busy");
  });
  expect(() => ringing.accept("$ring", "video", null)).toThrow();
  expect(store.state.rings).toHaveLength(1);
});

test("a caller who gives up leaves a missed call that calls back", async () => {
  const { start, ring, desktop, rtc, store, conductor } = world();
  start();
  await ring();
  rtc.call(room, []);
  expect(store.state.rings).toEqual([]);
  expect(conductor.cool).toHaveBeenCalledWith(room);
  desktop.missedCalls[0]?.again();
  expect(conductor.open).toHaveBeenCalledExactlyOnceWith(room, "video");
});

test("answered on another device, it is silent and nothing was missed", async () => {
  const { start, ring, desktop, rtc, store } = world();
  start();
  await ring();
  rtc.call(room, [member(bob, "B"), member(me, "OTHER")]);
  expect(store.state.rings).toEqual([]);
  expect(desktop.missedCalls).toEqual([]);
});

test("it ends by itself, without any event", async () => {
  const { start, ring, store, clock, desktop } = world();
  start();
  await ring();
  await clock.advance(90_000);
  expect(store.state.rings).toEqual([]);
  expect(desktop.missedCalls).toHaveLength(1);
});

test("it ends by itself even where timers are early", async () => {
  const { start, ring, store, clock, time } = world();
  time.earlyMs = 1;
  start();
  await ring();
  await clock.advance(90_002);
  expect(store.state.rings).toEqual([]);
});

test("a full disk neither silences a ring nor keeps it going", async () => {
  const { start, ring, store, clock, disk } = world();
  disk.full = true;
  start();
  await ring();
  expect(store.state.rings).toHaveLength(1);
  await clock.advance(90_000);
  expect(store.state.rings).toEqual([]);
});

test("nothing rings for an account that is closed, whatever comes late", async () => {
  const { start, ring, store, desktop, signals, clock, notification, disk } = world();
  const ringing = start();
  await ring("$one");
  const settled = Promise.withResolvers<boolean>();
  desktop.active = () => settled.promise;
  signals.hear({ type: "notified", notification: notification("$two") });
  await clock.advance(0);
  const kept = disk.rings;
  await ringing.stop();
  ringing.refresh();
  settled.resolve(false);
  await clock.advance(90_000);
  expect([store.state.rings, desktop.rings, [...desktop.shown], desktop.missedCalls]).toEqual([
    [],
    [],
    [],
    [],
  ]);
  expect(disk.rings).toBe(kept);
});

test("who quits right after a decline waits until it is said", async () => {
  const { start, ring, signals, clock } = world();
  const ringing = start();
  await ring();
  const server = Promise.withResolvers<undefined>();
  const { decline } = signals;
  signals.decline = (...args) => server.promise.then(() => decline.apply(signals, args));
  ringing.decline("$ring");
  let stopped = false;
  void ringing.stop().then(() => (stopped = true));
  await clock.advance(0);
  expect(stopped).toBe(false);
  server.resolve(undefined);
  await clock.advance(0);
  expect(stopped).toBe(true);
  expect(signals.said.map(({ what }) => what)).toEqual(["decline"]);
});

test("the way is paved for whoever rings first, also after a restart, and then for the next", async () => {
  const { start, ring, conductor, signals, rtc, clock, notification } = world();
  signals.direct.set("!carol:hs", "@carol:hs");
  const before = start();
  await ring();
  await before.stop();
  conductor.warm.mockClear();
  const ringing = start();
  expect(conductor.warm).toHaveBeenCalledExactlyOnceWith(room, "video", true);
  rtc.call("!carol:hs", [member("@carol:hs", "C")]);
  signals.hear({
    type: "notified",
    notification: notification("$carol", { room: "!carol:hs", sender: "@carol:hs" }),
  });
  await clock.advance(0);
  expect(conductor.warm).toHaveBeenCalledOnce();
  ringing.decline("$ring");
  expect(conductor.cool).toHaveBeenLastCalledWith(room);
  expect(conductor.warm).toHaveBeenLastCalledWith("!carol:hs", "video", true);
});

test("a tone of a person's own does not silence the rooms that ring", () => {
  const settings: Settings = {
    ...initialState.settings,
    ringing: {
      [bob]: { mode: "default", tone: "signal", volume: null },
      "!choir:hs": { mode: "on", tone: "marimba", volume: 0.2 },
      "!loud:hs": { mode: "off", tone: null, volume: null },
    },
  };
  expect(ringingChoice(settings, "!choir:hs", bob)).toEqual({ mode: "on", tone: "signal", volume: 0.2 });
  expect(ringingChoice(settings, "!loud:hs", bob).mode).toBe("off");
  expect(ringingChoice(settings, room, bob)).toEqual({ mode: "default", tone: "signal", volume: null });
});

test("a call back that finds us in another call leads home", async () => {
  const { start, ring, desktop, rtc, conductor } = world();
  start();
  await ring();
  rtc.call(room, []);
  conductor.open.mockImplementation(() => {
    throw new Error("call-busy");
  });
  desktop.missedCalls[0]?.again();
  expect(desktop.shown).toContain("home");
});

test("do-not-disturb keeps it off the screen, the system's own too; whoever rings again passes", async () => {
  const { start, ring, store, desktop, rtc, remember } = world();
  start();
  desktop.quiet = true;
  await ring("$one");
  expect(store.state.rings).toEqual([]);
  expect(desktop.rings).toEqual([]);
  expect(remember).toHaveBeenCalledWith(expect.objectContaining({ type: "notified", rangUs: true }));
  rtc.call(room, []);
  await ring("$two");
  expect(store.state.rings).toMatchObject([{ id: "$two" }]);
});

test("while we are in another call it says so, and a decline tells that we are busy", async () => {
  const { start, ring, store, conductor, signals, clock } = world();
  const ringing = start();
  conductor.room = "!other:hs";
  await ring();
  expect(store.state.rings).toMatchObject([{ second: true }]);
  ringing.decline("$ring");
  await clock.advance(0);
  expect(signals.said).toMatchObject([{ about: { reason: "busy" } }]);
});

test("a restart goes on with what rings, and rings for nothing twice", async () => {
  const { start, ring, desktop, store, signals, clock, notification } = world();
  const before = start();
  await ring();
  before.stop();
  expect([store.state.rings, desktop.rings]).toEqual([[], []]);

  const after = start();
  expect(store.state.rings).toMatchObject([{ id: "$ring" }]);
  expect(desktop.rings).toHaveLength(1);
  after.decline("$ring");
  after.stop();

  start();
  signals.hear({ type: "notified", notification: notification("$ring") });
  await clock.advance(0);
  expect(store.state.rings).toEqual([]);
  expect(desktop.rings).toEqual([]);
});

test("what rang before a restart rings on until the homeserver has said who is in the call", async () => {
  const { begin, start, ring, store, rtc } = world();
  const before = start();
  await ring();
  before.stop();
  // Not yet read.
  rtc.call(room, []);
  const after = begin();
  expect(store.state.rings).toMatchObject([{ id: "$ring" }]);
  rtc.call(room, []);
  expect(store.state.rings).toMatchObject([{ id: "$ring" }]);
  after.live();
  expect(store.state.rings).toEqual([]);
});

test("whoever left the room, even while the app was closed, is not rung into it", async () => {
  const { begin, start, ring, store, signals } = world();
  const before = start();
  await ring();
  before.stop();
  const after = begin();
  signals.leave(room);
  after.live();
  expect(store.state.rings).toEqual([]);
  after.stop();

  const { start: again, ring: rings, ...other } = world();
  again();
  await rings();
  other.signals.leave(room);
  expect(other.store.state.rings).toEqual([]);
});

test("an answered call does not ring again while we enter it", async () => {
  const { start, ring, store, conductor } = world();
  const ringing = start();
  await ring("$one");
  ringing.accept("$one", "video", null);
  conductor.room = room;
  await ring("$again");
  expect(store.state.rings).toEqual([]);
});

test("what expired while the app was closed does not ring", async () => {
  const { start, ring, clock, store, desktop } = world();
  start().stop();
  const first = start();
  await ring();
  first.stop();
  await clock.advance(100_000);
  start();
  expect(store.state.rings).toEqual([]);
  expect(desktop.rings).toEqual([]);
});

test("the user tries the ring: all of it but the call", async () => {
  const { start, store, desktop, conductor, clock, signals } = world({ settings: { ringVolume: 0.3 } });
  const ringing = start();
  ringing.test();
  expect(store.state.rings).toMatchObject([{ test: true, volume: 0.3 }]);
  expect(desktop.rings).toHaveLength(1);
  desktop.rings[0]?.on.accepted("video");
  expect(store.state.rings).toEqual([]);
  ringing.test();
  await clock.advance(15_000);
  expect(store.state.rings).toEqual([]);
  expect(conductor.accept).not.toHaveBeenCalled();
  expect(desktop.missedCalls).toEqual([]);
  expect(signals.said).toEqual([]);
});

test("rings at rest come back as they were, and damaged ones as none", () => {
  const database = new Database(":memory:");
  const file = ringsIn(database, me);
  expect(file.read()).toEqual(noRings);
  const { notification } = world();
  const rings: Rings = {
    ...noRings,
    ringing: [
      {
        id: "$ring",
        from: bob,
        room,
        intent: "video",
        startedAt: 1,
        expiresAt: 2,
        notifications: [notification("$ring")],
        shown: true,
      },
    ],
  };
  file.write(rings);
  expect(file.read()).toEqual(rings);
  file.write(noRings);
  expect(database.json(`rings:${me}`)).toBeUndefined();
  database.setJson(`rings:${me}`, { ringing: "all" });
  expect(file.read()).toEqual(noRings);
});
