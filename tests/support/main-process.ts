import { Running } from "../../electron/calls/running.ts";
import type { Account } from "../../electron/matrix/account.ts";
import type { Clock } from "../../electron/rtc/ports.ts";
import { clock as wallClock } from "../../electron/shell/clock.ts";
import type { MediaKey } from "../../shared/ipc/contract.ts";
import { FakeDesktop } from "./fake-desktop.ts";
import type { Person } from "./people.ts";
import { signInParts } from "./signed-in.ts";

/** The whole main process without windows: signed in, with rooms, engine and conductor, on a profile of its own. */
export async function mainProcess({
  folder,
  clock = wallClock,
  fetch = globalThis.fetch,
}: { folder?: string; clock?: Clock; fetch?: typeof globalThis.fetch } = {}) {
  const keys: MediaKey[] = [];
  const desktop = new FakeDesktop();
  const pages: string[] = [];
  let running: Running | null = null;
  const parts = await signInParts({
    ...(folder && { folder }),
    fetch,
    onOpen: (account: Account, password: string | null) => {
      const now = new Running(account, {
        password,
        openExternal: (url) => {
          pages.push(url);
          return Promise.resolve();
        },
        store: parts.store,
        windows: desktop,
        notifier: desktop,
        systemQuiet: desktop,
        power: { stayAwake: () => {} },
        clock,
        database: parts.database,
        fetch,
        log: parts.log,
        tellKey: (key) => keys.push(key),
      });
      running = now;
      return () => now.stop();
    },
  });
  return {
    ...parts,
    keys,
    desktop,
    /** What was shown in the browser. */
    pages,
    get running(): Running {
      if (!running) throw new Error("nobody is signed in");
      return running;
    },
    async login(person: Person, url = person.homeserver.url) {
      await parts.signIn.login(url, person.name, person.password);
    },
  };
}

export type MainProcess = Awaited<ReturnType<typeof mainProcess>>;
