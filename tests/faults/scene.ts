import { expect, type Page } from "@playwright/test";

import type { App } from "../support/app.ts";
import { callButton, moves, press } from "../support/call-window.ts";
import { attachEvidence, SEEN, type Attachments } from "../support/evidence.ts";
import { callMemberType, makeRoom } from "../support/people.ts";
import { watchRoom } from "../support/watch-room.ts";
import type { Caller, Lane } from "./lane.ts";
import { seenBy, watch, type Seen } from "./sight.ts";
import { truthOf, type Truth } from "./truth.ts";

/** What a fault came to. Times are ms since it began, null where it did not come to that. */
export interface Outcome {
  /** What Bob, whom it hits, was told, in order. */
  readonly userSaw: readonly string[];
  /** What Alice's tile of him said, in order; "gone" where it went. */
  readonly othersSaw: readonly string[];
  /** Until the others were told that something is wrong with him. */
  readonly toldMs: number | null;
  /** Until he was gone for them. */
  readonly goneMs: number | null;
  /** From the end of the fault until all see each other again and the servers agree about who is there. */
  readonly backMs: number | null;
}

/** A call of Alice and Bob in a room of its own. */
export class Scene {
  readonly lane: Lane;
  readonly room: string;
  readonly name: string;
  /** Alice's call window. */
  readonly calling: Page;
  /** Bob's. */
  called: Page;
  /** Waits for that many pictures of Alice in Bob's window. */
  bobSees: (frames: number) => Promise<unknown>;
  /** A second app on Bob's device. */
  copy: App | null = null;
  #from = 0;
  #healedAt: number | null = null;
  #backAt: number | null = null;
  /** Of windows that are gone. */
  readonly #before: Seen[] = [];

  private constructor(lane: Lane, room: string, name: string, calling: Page, called: Page) {
    this.lane = lane;
    this.room = room;
    this.name = name;
    this.calling = calling;
    this.called = called;
    this.bobSees = (frames) => moves(this.called, "Alice", frames);
  }

  static async begin(lane: Lane, name: string): Promise<Scene> {
    const room = await makeRoom(lane.alice.person, [lane.bob.person], { name });
    const calling = await enter(lane.alice, name);
    const called = await enter(lane.bob, name);
    return new Scene(lane, room, name, calling, called);
  }

  /** The fault begins. */
  async hit(): Promise<void> {
    await watch(this.calling, "Bob");
    if (!this.called.isClosed()) await watch(this.called, "Alice");
    this.#from = Date.now();
  }

  /** The fault is over, as far as it ends by itself. */
  healed(): void {
    this.#healedAt = Date.now();
  }

  /** Both see the other's picture move, and whoever is a member is on the SFU and the other way round. */
  async together(): Promise<void> {
    await this.whole();
    this.#backAt = Date.now();
  }

  /** Both apps are told again of what happens elsewhere. */
  async bothHear(): Promise<void> {
    const { alice, bob } = this.lane;
    const name = `${this.name}, afterwards`;
    await makeRoom(alice.person, [bob.person], { name });
    await Promise.all([alice, bob].map(({ home }) => expect(callButton(home, name)).toBeVisible()));
  }

  /** Alice alone is a member and on the SFU, and Bob is gone from her window. */
  async alone(): Promise<void> {
    const { alice } = this.lane;
    await expect
      .poll(async () => {
        const { members, present } = await this.truth();
        return members.join() === present.join() && members.map((one) => one.startsWith(alice.person.userId));
      })
      .toEqual([true]);
    await expect(this.calling.getByRole("group", { name: "Bob", exact: true })).toHaveCount(0);
    this.#backAt = Date.now();
  }

  /** Bob comes in again from his home window. */
  async bobReturns(): Promise<void> {
    this.called = await enter(this.lane.bob, this.name);
    await watch(this.called, "Alice");
  }

  async bobLeaves(): Promise<void> {
    const gone = this.called.waitForEvent("close");
    await press(this.called, "Leave call");
    await gone;
    await this.alone();
    this.#backAt = null;
  }

  /** Bob turns his camera off and on; the room is told, unless it may not be. */
  async bobTogglesCamera({ told = true }: { readonly told?: boolean } = {}): Promise<void> {
    const { bob } = this.lane;
    const wire = await watchRoom(bob.person, this.room);
    const says = (intent: string) =>
      wire.until(({ type, content }) => type === callMemberType && content["m.call.intent"] === intent);
    // What nobody waits for would fail in some later test.
    const refused = told ? null : this.bobLogs(/membership request failed.*join/, 1);
    await this.called.getByRole("button", { name: "Turn camera off" }).click();
    await (told ? says("audio") : refused);
    await this.called.getByRole("button", { name: "Turn camera on" }).click();
    if (told) await says("video");
    await wire.stop();
  }

  /** Bob's main process reads a clock that is this much ahead, from now on or once it was stopped for that long. */
  async skewBob(ms: number, afterPauseMs: number | null = null): Promise<void> {
    await this.lane.bob.app.electron.evaluate(
      (_electron, [skew, pause]) => {
        const page = globalThis as unknown as { realNow?: () => number };
        const real = (page.realNow ??= Date.now);
        let last = real();
        let jumped = pause === null;
        Date.now = () => {
          const now = real();
          if (pause !== null && now - last > pause) jumped = true;
          last = now;
          return jumped ? now + (skew ?? 0) : now;
        };
      },
      [ms, afterPauseMs] as const,
    );
  }

  /** Waits until Bob's app has logged this so many more times. */
  async bobLogs(line: RegExp, times: number): Promise<void> {
    const count = async () =>
      (await this.lane.bob.app.log()).split("\n").filter((text) => line.test(text)).length;
    const before = await count();
    await expect.poll(count).toBeGreaterThanOrEqual(before + times);
  }

  async whole(): Promise<void> {
    await Promise.all([
      moves(this.calling, "Bob", 5),
      this.bobSees(5),
      expect
        .poll(async () => {
          const { members, present } = await this.truth();
          return members.length === 2 && members.join() === present.join();
        })
        .toBe(true),
    ]);
  }

  truth(): Promise<Truth> {
    return truthOf(this.lane.stack, this.lane.alice.person, this.room);
  }

  /** Before Bob's window goes. */
  async keepSight(): Promise<void> {
    this.#before.push(...(await seenBy(this.called)));
  }

  async outcome(): Promise<Outcome> {
    const [mine, theirs] = await Promise.all([seenBy(this.called).catch(() => []), seenBy(this.calling)]);
    const from = this.#from;
    const first = (holds: (seen: Seen) => boolean) => {
      const at = theirs.find((seen) => seen.at >= from && holds(seen))?.at;
      return at === undefined ? null : at - from;
    };
    const words = (all: readonly (string | undefined)[]) =>
      [...new Set(all.filter((text) => text))] as string[];
    return {
      userSaw: words([...this.#before, ...mine].map(({ window }) => window)),
      othersSaw: words(theirs.map(({ tile }) => tile)),
      toldMs: first(({ tile }) => tile !== undefined && tile !== "" && tile !== "gone"),
      goneMs: first(({ tile }) => tile === "gone"),
      backMs: this.#backAt === null ? null : this.#backAt - (this.#healedAt ?? from),
    };
  }

  /** For whoever looks for the cause of a failure. */
  async attachEvidence(info: Attachments): Promise<void> {
    const told = { truth: await this.truth(), outcome: await this.outcome() };
    const body = Buffer.from(JSON.stringify(told, null, 2));
    await info.attach(`${SEEN} from outside`, { body, contentType: "text/plain" });
    for (const app of [this.lane.alice.app, this.lane.bob.app, ...(this.copy ? [this.copy] : [])])
      await attachEvidence(app, info);
  }

  async end(): Promise<void> {
    await this.copy?.end();
    for (const { app } of [this.lane.alice, this.lane.bob]) {
      if (!app.roles().includes("call")) continue;
      const window = await app.window("call");
      const gone = window.waitForEvent("close");
      const shell = await app.electron.browserWindow(window);
      await shell.evaluate((one) => one.close());
      await gone;
    }
  }
}

/** Into the room's call, from the home window. */
async function enter({ app, home }: Caller, name: string): Promise<Page> {
  await home
    .getByRole("button", { name: new RegExp(`^(Video call|Join call in) ${name}$`) })
    .first()
    .click();
  const call = await app.window("call");
  await call.getByRole("button", { name: "Join call" }).click();
  await expect(call.getByRole("button", { name: "Leave call" })).toBeVisible();
  return call;
}
