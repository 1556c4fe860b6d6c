import { expect, type Page } from "@playwright/test";

import type { host } from "../host/host.ts";
import { startStack } from "../stack/stack.ts";
import { App } from "../support/app.ts";
import { FAKE_MEDIA } from "../support/browser.ts";
import { callButton } from "../support/call-window.ts";
import { Desktop } from "../support/desktop.ts";
import { freshName, makeRoom, signIn, signUp, type Person } from "../support/people.ts";
import { watchRoom } from "../support/watch-room.ts";
import { clickNow, since, until, watch, type Moments } from "./moments.ts";
import type { Row } from "./table.ts";

declare const __host: typeof host;

/** Whoever rings more than five times in three minutes is not shown: so there are many callers, and two rings a round. */
const CALLERS = 10;
const ROUNDS_EACH = 2;
const NOTIFICATION = "org.matrix.msc4075.rtc.notification";

interface Round {
  readonly clicked: number;
  /** Epoch ms at which a bare client has the event. */
  readonly raw: number;
  readonly notified: number;
  readonly window: number;
  /** Of the click on Accept. */
  readonly accepted: number;
  readonly mine: Moments;
  /** The next ring, given up: from the click to the notification gone. */
  readonly silentMs: number;
}

/** People call Bob, whose windows are all closed: he answers; they call again and give up. */
export async function run(): Promise<Row[]> {
  const stack = await startStack();
  const apps: App[] = [];
  const open = async (person: Person) => {
    const app = await App.launch({ env: { XDG_CURRENT_DESKTOP: "KDE" }, media: [FAKE_MEDIA] });
    apps.push(app);
    return { app, home: await app.signIn(stack.homeserver.url, person.name, person.password) };
  };
  try {
    const person = await signUp(stack.homeserver, "bob");
    const callers: { readonly caller: Person; readonly room: string }[] = [];
    while (callers.length < CALLERS) {
      const caller = await signUp(stack.homeserver, freshName("alice"));
      callers.push({ caller, room: await makeRoom(caller, [person], { direct: true }) });
    }
    const bob = await open(person);
    await expect(callButton(bob.home, "Alice")).toHaveCount(CALLERS);
    await bob.app.closeWindow("home");
    const bare = await signIn(person);
    const rounds: Round[] = [];
    for (const { caller, room } of callers) {
      const alice = await open(caller);
      for (let at = 0; at < ROUNDS_EACH; at++) rounds.push(await round({ ...alice, room }, bob.app, bare));
      await alice.app.end();
      apps.pop();
    }
    return rows(rounds);
  } finally {
    await Promise.all(apps.map((app) => app.end()));
    await stack.stop();
  }
}

async function round(
  { home, app, room }: { readonly home: Page; readonly app: App; readonly room: string },
  bob: App,
  bare: Person,
): Promise<Round> {
  await callButton(home, "Bob").waitFor();
  const wire = await watchRoom(bare, room);
  let clicked = Infinity;
  const raw = wire
    .until(
      ({ type, content, origin_server_ts: at }) =>
        // What the round before still said is none of it.
        at >= clicked && (type === NOTIFICATION || isReference(content)),
    )
    .then(() => Date.now());
  const shown = desktopMoments(bob, ["Notification.show", "BrowserWindow.showInactive"]);
  clicked = await callButton(home, "Bob").evaluate(clickNow);
  const calling = await app.window("call");
  const [notified = NaN, window = NaN] = await shown;

  const called = await bob.window("call");
  await watch(called, "Alice");
  const ring = await bob.window("ring");
  const accepted = await ring.getByRole("button", { name: "Accept", exact: true }).evaluate(clickNow);
  await until(called, "picture");
  const mine = await until(called, "sound");
  await leave(called);
  await leave(calling);

  const rings = desktopMoments(bob, ["BrowserWindow.showInactive"]);
  await callButton(home, "Bob").click();
  const again = await app.window("call");
  await rings;
  // The tune is the ring window's own.
  const hushed = (await bob.window("ring")).waitForEvent("close").then(() => Date.now());
  const silent = desktopMoments(bob, ["Notification.close"]);
  const gaveUp = await again.getByRole("button", { name: "Leave call" }).evaluate(clickNow);
  const [gone = NaN] = await silent;
  const silentMs = Math.max(gone, await hushed) - gaveUp;
  if (!again.isClosed()) await again.waitForEvent("close");
  await wire.stop();
  // What was missed is not what the next round waits for.
  await new Desktop(bob).clear();
  return { clicked, raw: await raw, notified, window, accepted, mine, silentMs };
}

function rows(rounds: readonly Round[]): Row[] {
  const row = (name: string, pick: (round: Round) => number, aim?: number): Row => ({
    name,
    unit: "ms",
    values: rounds.map(pick),
    ...(aim !== undefined && { aim }),
  });
  return [
    row("call click -> the event in a bare client's /sync", ({ clicked, raw }) => raw - clicked),
    row("call click -> notification, no window open", ({ clicked, notified }) => notified - clicked),
    row("call click -> ring window", ({ clicked, window }) => window - clicked),
    {
      name: "notification / bare client",
      unit: "×",
      values: rounds.map(({ clicked, raw, notified }) => (notified - clicked) / (raw - clicked)),
      aim: 1.2,
    },
    row("accept click -> first sound of the other", ({ accepted, mine }) => since(accepted, mine.sound), 500),
    row(
      "accept click -> first picture of the other",
      ({ accepted, mine }) => since(accepted, mine.picture),
      800,
    ),
    row("  own membership stands", ({ accepted, mine }) => since(accepted, mine.joined)),
    row("  key of the other", ({ accepted, mine }) => since(accepted, mine.key)),
    row("cancel click -> notification, tune and ring window gone", ({ silentMs }) => silentMs),
  ];
}

/** Epoch ms of the next time that the app asks each of these of the desktop. */
const desktopMoments = (app: App, names: readonly string[]): Promise<readonly number[]> =>
  app.electron.evaluate(
    (_electron, wanted) =>
      new Promise<number[]>((resolve) => {
        const found = new Map<string, number>();
        const { asked } = __host;
        const before = asked.push;
        asked.push = (...all) => {
          for (const { name } of all)
            if (wanted.includes(name) && !found.has(name)) found.set(name, Date.now());
          const length = before.apply(asked, all);
          if (found.size === wanted.length) {
            asked.push = before;
            resolve(wanted.map((name) => found.get(name) ?? NaN));
          }
          return length;
        };
      }),
    [...names],
  );

async function leave(call: Page): Promise<void> {
  const gone = call.waitForEvent("close");
  await call.getByRole("button", { name: "Leave call" }).evaluate(clickNow);
  await gone;
}

/** What an encrypted notification shows of itself. */
const isReference = (content: Record<string, unknown>): boolean => {
  const relation = content["m.relates_to"];
  return (
    typeof relation === "object" &&
    relation !== null &&
    "rel_type" in relation &&
    relation.rel_type === "m.reference"
  );
};
