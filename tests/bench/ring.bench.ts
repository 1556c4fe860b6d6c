import type { Page } from "@playwright/test";

import type { host } from "../host/host.ts";
import type { App } from "../support/app.ts";
import { callButton } from "../support/call-window.ts";
import { Desktop } from "../support/desktop.ts";
import { signIn } from "../support/people.ts";
import { watchRoom } from "../support/watch-room.ts";
import { clickNow, since, until, watch, type Moments } from "./moments.ts";
import { withPair } from "./pair.ts";
import type { Row } from "./table.ts";

declare const __host: typeof host;

const ROUNDS = 20;
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

/** Alice calls Bob, whose windows are all closed: he answers; she calls again and gives up. */
export async function run(): Promise<Row[]> {
  return withPair({ env: { XDG_CURRENT_DESKTOP: "KDE" } }, async (alice, bob, room) => {
    await callButton(bob.home, "Alice").waitFor();
    await bob.app.closeWindow("home");
    const bare = await signIn(bob.person);
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS) {
      const wire = await watchRoom(bare, room);
      const raw = wire
        .until(({ type, content }) => type === NOTIFICATION || isReference(content))
        .then(() => Date.now());
      const shown = desktopMoments(bob.app, ["Notification.show", "BrowserWindow.showInactive"]);
      const clicked = await callButton(alice.home, "Bob").evaluate(clickNow);
      const calling = await alice.app.window("call");
      const [notified = NaN, window = NaN] = await shown;

      const called = await bob.app.window("call");
      await watch(called, "Alice");
      const ring = await bob.app.window("ring");
      const accepted = await ring.getByRole("button", { name: "Accept", exact: true }).evaluate(clickNow);
      await until(called, "picture");
      const mine = await until(called, "sound");
      await leave(called);
      await leave(calling);

      const rings = desktopMoments(bob.app, ["BrowserWindow.showInactive"]);
      await callButton(alice.home, "Bob").click();
      const again = await alice.app.window("call");
      await rings;
      const silent = desktopMoments(bob.app, ["Notification.close"]);
      const gaveUp = await again.getByRole("button", { name: "Leave call" }).evaluate(clickNow);
      const [gone = NaN] = await silent;
      if (!again.isClosed()) await again.waitForEvent("close");
      rounds.push({ clicked, raw: await raw, notified, window, accepted, mine, silentMs: gone - gaveUp });
      await wire.stop();
      // What was missed is not what the next round waits for.
      await new Desktop(bob.app).clear();
    }
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
      row(
        "accept click -> first sound of the other",
        ({ accepted, mine }) => since(accepted, mine.sound),
        500,
      ),
      row(
        "accept click -> first picture of the other",
        ({ accepted, mine }) => since(accepted, mine.picture),
        800,
      ),
      row("  own membership stands", ({ accepted, mine }) => since(accepted, mine.joined)),
      row("  key of the other", ({ accepted, mine }) => since(accepted, mine.key)),
      row("cancel click -> silence", ({ silentMs }) => silentMs),
    ];
  });
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
