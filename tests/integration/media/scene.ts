import type { Browser } from "@playwright/test";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

import type { CallState, Participant } from "../../../shared/state/app-state.ts";
import type { UserId } from "../../../shared/matrix/ids.ts";
import {
  buildStages,
  callOf,
  keyOf,
  launchBrowser,
  member,
  openWindow,
  startSfu,
  type CallWindow,
  type Sfu,
  type Stages,
} from "./windows.ts";

export const [ALICE, BOB, CAROL] = ["@alice:hs", "@bob:hs", "@carol:hs"] as const;
const KEY_BYTES: Readonly<Record<UserId, number>> = { [ALICE]: 1, [BOB]: 2, [CAROL]: 3 };
export const PATIENCE = { timeout: 60_000, interval: 100 };

let sfu: Sfu;
let stages: Stages;
const open: CallWindow[] = [];
const browsers = new Map<UserId, Browser>();

/** For a file of tests: an SFU and everybody's browser for all of them, and windows that go after each. */
export function useSfu(): { readonly sfu: () => Sfu } {
  beforeAll(async () => {
    [sfu, stages] = await Promise.all([startSfu(), buildStages()]);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    await sfu.empty();
  });
  afterAll(async () => {
    await Promise.all([...browsers.values()].map((each) => each.close()));
    await stages.stop();
    await sfu.stop();
  });
  return { sfu: () => sfu };
}

export async function openCallWindow(user: UserId): Promise<CallWindow> {
  let browser = browsers.get(user);
  // A test may have killed it.
  if (!browser?.isConnected()) browsers.set(user, (browser = await launchBrowser()));
  const window = await openWindow(browser, user, sfu, stages);
  open.push(window);
  return window;
}

export const bytesOf = (user: UserId): number => KEY_BYTES[user] ?? 0;

async function lobbyIn(window: CallWindow, encrypted: boolean): Promise<void> {
  await window.tellCall({ ...callOf("lobby", []), encrypted });
  await expect.poll(() => window.page.evaluate(() => stage.call.connection), PATIENCE).toBe("connected");
}

/** Joined, with these others in the call, and everybody's first key in hand except theirs named in `without`. */
export async function join(
  user: UserId,
  others: readonly UserId[],
  how: { without?: readonly UserId[]; encrypted?: boolean } = {},
) {
  return joinIn(await openCallWindow(user), others, how);
}

/** The same in a window that is open. */
export async function joinIn(
  window: CallWindow,
  others: readonly UserId[],
  how: { without?: readonly UserId[]; encrypted?: boolean } = {},
) {
  const { user } = window;
  const { without = [], encrypted = true } = how;
  await lobbyIn(window, encrypted);
  window.keys = [...others.filter((each) => !without.includes(each)), user].map((each) =>
    keyOf(`${each}:DEVICE`, 0, bytesOf(each), each === user),
  );
  await window.page.evaluate(() => stage.call.join());
  for (const key of window.keys) await window.tellKey(key);
  const participants = [user, ...others].map((each): Participant =>
    member(each, each === user, without.includes(each) ? "waiting" : "have"),
  );
  const joined: CallState = { ...callOf("joined", participants), encrypted };
  await window.tellCall(joined);
  return window;
}

/** Waits until more frames of this user are decoded; a new connection counts from zero. */
export async function seesMore(
  window: CallWindow,
  of: UserId,
  kind: "camera" | "screen" = "camera",
): Promise<void> {
  let before = await window.frames(of, kind);
  const more = async (): Promise<number> => {
    const now = await window.frames(of, kind);
    if (now < before) before = now;
    return now - before;
  };
  await expect.poll(more, PATIENCE).toBeGreaterThan(5);
}

/** Waits until what comes out of the page's `<audio>` is not silence. */
export function hears(window: CallWindow): Promise<void> {
  return window.page.evaluate(async () => {
    const context = new AudioContext();
    const listening = new Set<MediaStream>();
    const analyser = context.createAnalyser();
    const samples = new Float32Array(analyser.fftSize);
    for (;;) {
      for (const { srcObject } of document.querySelectorAll("audio")) {
        if (!(srcObject instanceof MediaStream) || listening.has(srcObject)) continue;
        listening.add(srcObject);
        context.createMediaStreamSource(srcObject).connect(analyser);
      }
      analyser.getFloatTimeDomainData(samples);
      if (samples.some((sample) => Math.abs(sample) > 0.01)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

export const tile = (window: CallWindow, user: UserId) =>
  window.page.evaluate((who) => {
    const found = stage.call.tiles.find((each) => each.user === who);
    return found && { microphone: found.microphone, picture: found.attach !== null, reason: found.reason };
  }, user);
