import { expect, test, vi } from "vitest";

import { indicate } from "../../../electron/calls/indication.ts";
import { Store } from "../../../electron/state/store.ts";
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
  expect(last()).toEqual({ signedIn: false, ringing: null, missed: 0, inCall: false, quiet: false });

  await change({ rings: [alice], missed: 2 });
  expect(last()).toMatchObject({ ringing: { id: "$ring", name: "Alice", second: false }, missed: 2 });
  await change({ lookup: "somebody" });
  expect(indicator.show).toHaveBeenCalledTimes(2);

  await change({
    rings: [],
    settings: { ...initialState.settings, disturb: { ...initialState.settings.disturb, until: 0 } },
  });
  expect(last()).toMatchObject({ ringing: null, missed: 2, quiet: true });
  expect(notifier.clearMissed).not.toHaveBeenCalled();
  await change({ missed: 0 });
  expect(notifier.clearMissed).toHaveBeenCalledOnce();
});
