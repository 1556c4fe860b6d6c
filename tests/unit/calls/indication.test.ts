import { expect, test, vi } from "vitest";

import { indicate } from "../../../electron/calls/indication.ts";
import { localTime } from "../../../electron/calls/local-time.ts";
import type { Indicator } from "../../../electron/ports.ts";
import { Store } from "../../../electron/state/store.ts";
import type { Settings } from "../../../shared/state/settings.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { initialState, type AppState, type RingState } from "../../../shared/state/app-state.ts";

const alice: RingState = {
  id: "$ring",
  from: { user: "@alice:hs", name: "Alice", avatar: null },
  room: "!a:hs",
  roomName: null,
  intent: "audio",
  startedAt: 0,
  expiresAt: 1,
  second: false,
  tone: "carillon",
  volume: 1,
  test: false,
};

test("tray, taskbar and dock follow the state, and are told only what changed", async () => {
  const store = new Store<AppState>(initialState);
  const indicator = { show: vi.fn() };
  const notifier = { clearMissed: vi.fn() };
  indicate({ store, indicator, notifier, clock: { now: () => 0, after: () => () => {} } });
  const last = () => indicator.show.mock.lastCall?.[0] as unknown;
  const change = async (part: Partial<AppState>) => {
    store.update((state) => ({ ...state, ...part }));
    await Promise.resolve();
  };
  expect(last()).toEqual({ signedIn: false, ringing: null, missed: 0, inCall: false, quiet: null });

  await change({ rings: [alice], missed: 2 });
  expect(last()).toMatchObject({ ringing: { id: "$ring", name: "Alice", second: false }, missed: 2 });
  await change({ lookup: "somebody" });
  expect(indicator.show).toHaveBeenCalledTimes(2);

  await change({
    rings: [],
    settings: { ...initialState.settings, disturb: { ...initialState.settings.disturb, until: 0 } },
  });
  expect(last()).toMatchObject({ ringing: null, missed: 2, quiet: { why: "asked" } });
  expect(notifier.clearMissed).not.toHaveBeenCalled();
  await change({ missed: 0 });
  expect(notifier.clearMissed).toHaveBeenCalledOnce();
});

const HOUR = 3_600_000;
/** Shows what is said of quiet over the time that passes while nothing else happens. */
function quietWith(change: (now: number) => Partial<Settings["disturb"]>) {
  const clock = new FakeClock();
  const { settings } = initialState;
  const disturb = { ...settings.disturb, ...change(clock.now()) };
  const store = new Store<AppState>({ ...initialState, settings: { ...settings, disturb } });
  const indicator = { show: vi.fn<Indicator["show"]>() };
  indicate({ store, indicator, notifier: { clearMissed: vi.fn() }, clock });
  return { clock, quiet: () => indicator.show.mock.lastCall?.[0].quiet?.why ?? null };
}

test("an hour of quiet ends by itself", async () => {
  const { clock, quiet } = quietWith((now) => ({ until: now + HOUR }));
  await clock.advance(HOUR - 1);
  expect(quiet()).toBe("asked");
  await clock.advance(1);
  expect(quiet()).toBe(null);
});

test("quiet hours begin and end by themselves, day by day", async () => {
  const { clock, quiet } = quietWith((now) => {
    const { minutes } = localTime(now);
    const [from, to] = [(minutes + 60) % 1440, (minutes + 150) % 1440];
    return { schedule: { on: true, from, to, days: [0, 1, 2, 3, 4, 5, 6] } };
  });
  for (const _day of [1, 2]) {
    await clock.advance(HOUR);
    expect(quiet()).toBe("schedule");
    await clock.advance(1.5 * HOUR - 1);
    expect(quiet()).toBe("schedule");
    await clock.advance(1);
    expect(quiet()).toBe(null);
    await clock.advance(21.5 * HOUR);
    expect(quiet()).toBe(null);
  }
});

test("with nothing to wait for, no timer runs", () => {
  const after = vi.fn(() => () => {});
  const indicator = { show: vi.fn() };
  const store = new Store<AppState>(initialState);
  indicate({ store, indicator, notifier: { clearMissed: vi.fn() }, clock: { now: () => 0, after } });
  expect(after).not.toHaveBeenCalled();
});
