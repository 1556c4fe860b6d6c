import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

import { quietGlobalSdkLog } from "../../../../electron/matrix/sdk-log.ts";
import { startStack } from "../../../stack/stack.ts";
import { freshName, makeRoom, type Person, signIn, signUp } from "../../../support/people.ts";
import { Sender } from "./sender.ts";
import type { Plan, Report, Stage } from "./victim.ts";

const STAGES: readonly Stage[] = ["opened", "crypto ready", "sync asked", "sync answered"];
/** After so many transactions since the answer: in the middle of its batch of to-device messages, then after it, in turns. */
const TRANSACTIONS = [1, 14, 2, 13, 3, 12, 4, 11, 5, 10, 6, 9, 7, 8, 2, 4];
const DEATHS: readonly (Stage | number)[] = [...STAGES, ...TRANSACTIONS];

test(
  "20 kills under a load of room keys lose no key, reuse no one-time key and cause no initial sync",
  { timeout: 300_000 },
  async () => {
    quietGlobalSdkLog({ debug() {}, info() {}, warn() {}, error() {} });
    const stack = await startStack();
    onTestFinished(() => stack.stop());
    const [victim, talker, stranger] = await Promise.all(
      ["victim", "talker", "stranger"].map((name) => signUp(stack.homeserver, freshName(name))),
    );
    if (!victim || !talker || !stranger) throw new Error("nobody signed up");
    const roomId = await makeRoom(victim, [talker, stranger]);
    const process = new Victim(victim);

    const first = process.start({ die: null, read: null });
    await process.until(first, (seen) => seen.saw === "sync" && !seen.initial);
    await process.until(first, (seen) => seen.saw === "upload" && seen.deviceKeys);
    first.kill("SIGKILL");
    await once(first, "exit");
    const [identity] = process.identities();
    process.seen.length = 0;

    const sent: string[] = [];
    const talking = talkUntil(await Sender.start(talker, roomId), sent);
    let next = newDevice(stranger, roomId);
    for (const die of DEATHS) {
      const device = await next;
      sent.push(await device.say("first contact"));
      device.stop();
      next = newDevice(stranger, roomId);
      const [, signal] = await once(process.start({ die, read: null }), "exit");
      expect(signal, `killed at ${die}`).toBe("SIGKILL");
    }
    (await next).stop();
    sent.push(await talking.end());

    const last = process.start({ die: null, read: { roomId, eventIds: sent } });
    await process.until(last, (seen) => seen.saw === "unreadable");
    last.kill("SIGKILL");
    await once(last, "exit");

    const runs = DEATHS.length + 1;
    expect(sent.length).toBeGreaterThan(2 * DEATHS.length);
    expect(process.seen.find((seen) => seen.saw === "unreadable")?.events).toEqual([]);
    // One died before it had its crypto, one as it had it.
    expect(process.identities().length).toBeGreaterThanOrEqual(runs - 2);
    for (const again of process.identities()) expect(again).toEqual(identity);
    expect(process.seen.filter(({ saw }) => saw === "trouble")).toEqual([]);
    const syncs = process.seen.filter((seen) => seen.saw === "sync");
    expect(syncs.length).toBeGreaterThan(TRANSACTIONS.length);
    expect(syncs.filter(({ initial }) => initial)).toEqual([]);
    const uploads = process.seen.filter((seen) => seen.saw === "upload");
    expect(uploads.length).toBeGreaterThan(0);
    expect(uploads.filter(({ status }) => status !== 200)).toEqual([]);
  },
);

const newDevice = async (person: Person, roomId: string) => Sender.start(await signIn(person), roomId);

/** Sends message after message; `end` stops that and sends a last one. */
function talkUntil(sender: Sender, sent: string[]): { end: () => Promise<string> } {
  const over = new AbortController();
  const talking = (async () => {
    while (!over.signal.aborted) sent.push(await sender.say(`message ${sent.length}`));
  })();
  return {
    end: async () => {
      over.abort();
      await talking;
      const last = await sender.say("the last one");
      sender.stop();
      return last;
    },
  };
}

class Victim {
  readonly seen: Report[] = [];
  readonly #plan: Omit<Plan, "die" | "read">;
  #told = () => {};

  constructor({ homeserver, userId, deviceId, accessToken }: Person) {
    const folder = mkdtempSync(join(tmpdir(), "carillon-victim-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    this.#plan = {
      homeserver: homeserver.url,
      user: userId,
      device: deviceId,
      token: accessToken,
      file: join(folder, "store.db"),
    };
  }

  start(plan: Pick<Plan, "die" | "read">): ChildProcess {
    const child = fork(new URL("victim.ts", import.meta.url), [JSON.stringify({ ...this.#plan, ...plan })]);
    onTestFinished(() => void child.kill("SIGKILL"));
    child.on("message", (seen: Report) => {
      this.seen.push(seen);
      this.#told();
    });
    child.on("exit", () => this.#told());
    return child;
  }

  /** Resolves when the running one has told it. */
  async until(child: ChildProcess, matches: (seen: Report) => boolean): Promise<void> {
    while (!this.seen.some(matches)) {
      if (child.exitCode !== null) throw new Error(`the victim ended with ${child.exitCode}`);
      await new Promise<void>((resolve) => (this.#told = resolve));
    }
  }

  identities(): Report[] {
    return this.seen.filter(({ saw }) => saw === "identity");
  }
}
