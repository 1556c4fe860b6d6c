import { join } from "node:path";

import { app, net, shell } from "electron";

import { initialState, type AppState, type Notice } from "../shared/state/app-state.ts";
import { Running } from "./calls/running.ts";
import { SignIn } from "./calls/session.ts";
import { handlers } from "./ipc/handlers.ts";
import { Publisher } from "./ipc/publish.ts";
import { serve } from "./ipc/serve.ts";
import { tell } from "./ipc/tell.ts";
import { createLog, type Log } from "./log.ts";
import { SessionFile } from "./matrix/saved-session.ts";
import { quietGlobalSdkLog } from "./matrix/sdk-log.ts";
import { tellCannotStart, tellSetAside } from "./shell/boxes.ts";
import { clock } from "./shell/clock.ts";
import { electronIpc, WindowRegistry } from "./shell/ipc.ts";
import { logFile } from "./shell/log-file.ts";
import { setMenu } from "./shell/menu.ts";
import { guard } from "./shell/permissions.ts";
import { electronPower } from "./shell/power.ts";
import { registerScheme, serveScheme } from "./shell/protocol.ts";
import { electronScreens } from "./shell/screens.ts";
import { electronSecrets } from "./shell/secrets.ts";
import { ElectronWindows } from "./shell/windows.ts";
import { openDatabase } from "./state/database.ts";
import { delayIdsIn, readSettings, writeSettings } from "./state/kept.ts";
import { Store } from "./state/store.ts";

const profile = app.commandLine.getSwitchValue("user-data-dir");
if (profile) app.setPath("userData", profile);
app.enableSandbox();
registerScheme();
if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();

/** Whether the user was told, once, that secrets lie unprotected. */
const WEAK_SEEN = "seen:weak-storage";

async function start(): Promise<void> {
  const home = app.getPath("userData");
  const log = createLog(
    logFile(join(home, "logs")),
    process.env["CARILLON_LOG"] === "debug" ? "debug" : "info",
  );
  process.on("uncaughtException", (error) => log.error("uncaught", error));
  process.on("unhandledRejection", (reason) => log.error("unhandled", reason));
  quietGlobalSdkLog(log);
  try {
    await run(home, log);
  } catch (error) {
    log.error("cannot start", error);
    tellCannotStart(error);
    app.exit(1);
  }
}

async function run(home: string, log: Log): Promise<void> {
  const { database, setAside } = openDatabase(join(home, "carillon.db"), new Date());
  if (setAside !== null) {
    log.error("the app's database is damaged and was set aside");
    void tellSetAside(setAside);
  }
  const store = new Store<AppState>({ ...initialState, settings: readSettings(database) });
  const registry = new WindowRegistry();
  const publisher = new Publisher(store);
  const windows = new ElectronWindows(registry, (window) => publisher.remove(window), log);
  const power = electronPower();
  // Chromium's network: the system's proxy and certificates.
  const fetch: typeof globalThis.fetch = (input, init) =>
    net.fetch(input instanceof URL ? input.href : input, init);
  const notify = (notice: Notice) =>
    store.update((state) => ({ ...state, notices: [...new Set([...state.notices, notice])] }));
  let running: Running | null = null;

  const signIn = new SignIn({
    folder: join(home, "accounts"),
    file: new SessionFile(database, electronSecrets),
    store,
    fetch,
    log,
    openExternal: (url) => shell.openExternal(url),
    onDiskFull: () => notify("disk-full"),
    onOpen(account) {
      const now = new Running(account, {
        store,
        windows,
        power,
        clock,
        log,
        fetch,
        delayIds: delayIdsIn(database),
        tellKey: (key) => {
          const window = registry.with("call");
          if (window) tell(window, "keys", key);
        },
      });
      running = now;
      return async () => {
        running = null;
        await now.stop();
      };
    },
  });

  serveScheme(
    join(import.meta.dirname, "../renderer"),
    async (path) => signIn.account?.avatars.get(path) ?? null,
  );
  guard((contents) => registry.of(contents)?.role);
  serve(
    handlers({
      store,
      publisher,
      signIn,
      running: () => running,
      screens: electronScreens(),
      saveSettings: (settings) => writeSettings(database, settings),
      dismiss(notice) {
        if (notice === "weak-storage") database.setJson(WEAK_SEEN, true);
        store.update((state) => ({ ...state, notices: state.notices.filter((other) => other !== notice) }));
      },
    }),
    electronIpc(registry),
    log,
  );

  setMenu(!app.isPackaged);
  windows.onGone((role) => role === "call" && running?.conductor.send({ type: "window-gone" }));
  power.onWake(() => running?.wake());
  app.on("second-instance", () => windows.show("home"));
  app.on("activate", () => windows.show("home"));
  app.on(
    "before-quit",
    quitOnce(() => signIn.close()),
  );
  windows.show("home");

  if (!database.json(WEAK_SEEN) && (await electronSecrets.weak())) notify("weak-storage");
  await signIn.restore();
}

/** Others should see us leave, so quitting waits for it; the engine gives up after 3 s. */
function quitOnce(stop: () => Promise<void>): (event: { preventDefault(): void }) => void {
  let stopping = false;
  return (event) => {
    event.preventDefault();
    if (stopping) return;
    stopping = true;
    void stop().finally(() => app.exit());
  };
}
