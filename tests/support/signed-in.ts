import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SignIn, type SessionParts } from "../../electron/calls/session.ts";
import { SessionFile } from "../../electron/matrix/saved-session.ts";
import { quietGlobalSdkLog } from "../../electron/matrix/sdk-log.ts";
import type { OpenExternal, Secrets } from "../../electron/ports.ts";
import { Database } from "../../electron/state/database.ts";
import { Store } from "../../electron/state/store.ts";
import { initialState, type AppState } from "../../shared/state/app-state.ts";
import { collectLog } from "./collect-log.ts";

/** A keyring that keeps nothing from anybody. */
const openSecrets: Secrets = {
  weak: () => Promise.resolve(true),
  seal: (text) => Promise.resolve(new TextEncoder().encode(text)),
  open: (sealed) => Promise.resolve(new TextDecoder().decode(sealed)),
};

/** The main process's sign-in without windows, on a profile folder of its own. */
export async function signInParts({
  folder,
  onOpen,
  fetch = globalThis.fetch,
  openExternal = () => Promise.resolve(),
}: {
  folder?: string;
  onOpen?: SessionParts["onOpen"];
  fetch?: typeof globalThis.fetch;
  openExternal?: OpenExternal;
} = {}) {
  const home = folder ?? (await mkdtemp(join(tmpdir(), "carillon-main-")));
  const { log, lines } = collectLog();
  quietGlobalSdkLog(log);
  const database = new Database(join(home, "carillon.db"));
  const store = new Store<AppState>(initialState);
  const opened: string[] = [];
  const parts: SessionParts = {
    folder: join(home, "accounts"),
    file: new SessionFile(database, openSecrets),
    store,
    fetch,
    log,
    openExternal: (url) => {
      opened.push(url);
      return openExternal(url);
    },
    onDiskFull: () => {},
    onForgotten: () => {},
    onOpen: onOpen ?? (() => () => Promise.resolve()),
  };
  const signIn = new SignIn(parts);
  return {
    signIn,
    store,
    database,
    lines,
    log,
    opened,
    folder: home,
    /** As a quit: everything stays on disk. */
    async quit() {
      await signIn.close();
      database.close();
    },
    async remove() {
      await rm(home, { recursive: true, force: true });
    },
  };
}
