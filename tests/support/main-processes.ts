import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";

import type { RoomId } from "../../shared/matrix/ids.ts";
import { startStack, type Stack } from "../stack/stack.ts";
import { mainProcess, type MainProcess } from "./main-process.ts";
import type { Person } from "./people.ts";

/** Within this comes what is to come, on a busy machine too; the longest are a delayed leave, and the 15 s for which crypto leaves out a server that did not answer. */
export const SOON = { timeout: 60_000, interval: 20 };

/** For a file of tests: servers as long as it runs, and main processes that end with each test. */
export function mainProcesses() {
  let stack: Stack | undefined;
  const open: MainProcess[] = [];
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());
  afterEach(async () => {
    for (const main of open.splice(0)) {
      await main.quit();
      await main.remove();
    }
  });
  return {
    get stack(): Stack {
      if (!stack) throw new Error("the servers do not run yet");
      return stack;
    },
    /** The next start on the data of one that has quit. */
    async again(before: MainProcess): Promise<MainProcess> {
      open.splice(open.indexOf(before), 1);
      const main = await mainProcess({ folder: before.folder });
      open.push(main);
      await main.signIn.restore();
      return main;
    },
    /** Signed in, with these rooms listed. */
    async start(person: Person, ...rooms: readonly RoomId[]): Promise<MainProcess> {
      const main = await mainProcess();
      open.push(main);
      await main.login(person);
      await vi.waitFor(
        () => expect(main.store.state.rooms.map(({ id }) => id)).toEqual(expect.arrayContaining([...rooms])),
        SOON,
      );
      await acquaint([...open].filter((one) => one === main || shares(one, rooms)));
      return main;
    },
  };
}

const shares = ({ store }: MainProcess, rooms: readonly RoomId[]) =>
  store.state.session.phase === "signed-in" &&
  store.state.session.sync === "live" &&
  store.state.rooms.some(({ id }) => rooms.includes(id));

/** Waits until all know each other's devices: word of a new one takes its time, and what was encrypted before is not for it. */
export const acquaint = (all: readonly MainProcess[]): Promise<void> =>
  vi.waitFor(async () => {
    for (const { running: other } of all) {
      const { client } = other.account;
      const [user, device] = [client.getSafeUserId(), client.getDeviceId()];
      for (const { running: one } of all) {
        const known = await one.account.client.getCrypto()?.getUserDeviceInfo([user], true);
        expect([...(known?.get(user)?.keys() ?? [])]).toContain(device);
      }
    }
  }, SOON);

/** Who is in its call, itself included. */
export const inCall = (main: MainProcess) =>
  main.store.state.call?.participants.map(({ user }) => user) ?? [];

const holds = (main: MainProcess, of: MainProcess) => {
  const wanted = ownKey(of);
  return main.running.conductor
    .keys()
    .some(
      ({ identity, index, key }) =>
        wanted?.identity === identity && wanted.index === index && Buffer.compare(key, wanted.key) === 0,
    );
};

/** What the others must hold to hear this one: its current key. */
export const ownKey = (main: MainProcess) => main.running.conductor.keys().findLast(({ own }) => own);

/** Each can decrypt what the others send. */
export const share = (...all: MainProcess[]) =>
  vi.waitFor(() => {
    for (const one of all) for (const other of all) if (one !== other) expect(holds(one, other)).toBe(true);
  }, SOON);
