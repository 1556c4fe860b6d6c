import { join } from "node:path";

import { app, net, shell } from "electron";

import { toggleQuiet } from "../shared/call/quiet.ts";
import { noRings } from "../shared/call/ring.ts";
import { parseLink, termOf } from "../shared/links.ts";
import { isRoomId, type RoomId } from "../shared/matrix/ids.ts";
import { t } from "../shared/messages/messages.ts";
import {
  initialState,
  isUpdatesOff,
  type AppState,
  type CallIntent,
  type Desktop,
  type Notice,
} from "../shared/state/app-state.ts";
import type { Settings } from "../shared/state/settings.ts";
import type { Conductor } from "./calls/conductor.ts";
import { indicate } from "./calls/indication.ts";
import { localTime } from "./calls/local-time.ts";
import { ringsIn } from "./calls/rings-file.ts";
import { Running } from "./calls/running.ts";
import { SignIn } from "./calls/session.ts";
import { handlers } from "./ipc/handlers.ts";
import { Publisher } from "./ipc/publish.ts";
import { serve } from "./ipc/serve.ts";
import { tell } from "./ipc/tell.ts";
import { createLog, type Log } from "./log.ts";
import { SessionFile } from "./matrix/saved-session.ts";
import { quietGlobalSdkLog } from "./matrix/sdk-log.ts";
import { startedFor } from "./shell/asked-by.ts";
import { tellCannotStart, tellSetAside } from "./shell/boxes.ts";
import { clock } from "./shell/clock.ts";
import { identify } from "./shell/identity.ts";
import { ElectronIndicator } from "./shell/indicator.ts";
import { electronIpc, WindowRegistry } from "./shell/ipc.ts";
import { claimLinks, forFirstInstance, receiveLinks } from "./shell/links.ts";
import { electronLoginItem, startedHidden } from "./shell/login-item.ts";
import { logFile } from "./shell/log-file.ts";
import { setMenu } from "./shell/menu.ts";
import { ElectronNotifier } from "./shell/notifier.ts";
import { guard } from "./shell/permissions.ts";
import { policyFile, proxySwitches, readPolicy } from "./shell/policy.ts";
import { electronPower } from "./shell/power.ts";
import { registerScheme, serveScheme } from "./shell/protocol.ts";
import { electronScreens } from "./shell/screens.ts";
import { electronSecrets } from "./shell/secrets.ts";
import { openInstaller, relaunch, updatedByHere } from "./shell/updates.ts";
import { systemQuiet } from "./shell/system-quiet.ts";
import { trayAvailable } from "./shell/tray-host.ts";
import { homeClose } from "./shell/window-shapes.ts";
import { ElectronWindows } from "./shell/windows.ts";
import { CallFactsFile } from "./state/call-facts.ts";
import { openDatabase } from "./state/database.ts";
import { identityNoteIn, readSettings, writeSettings } from "./state/kept.ts";
import { Store } from "./state/store.ts";
import { startUpdates } from "./updates/start.ts";
import type { Updates } from "./updates/updates.ts";

const profile = app.commandLine.getSwitchValue("user-data-dir");
if (profile) app.setPath("userData", profile);
const { policy, problem } = readPolicy(policyFile(process.platform, process.env, !app.isPackaged));
for (const [name, value] of proxySwitches(policy)) app.commandLine.appendSwitch(name, value);
app.enableSandbox();
registerScheme();
const links = receiveLinks();
const first = app.requestSingleInstanceLock(forFirstInstance());
// Where none runs there is none to quit.
if (first && startedFor(process.argv) !== "quit") void app.whenReady().then(start);
else app.quit();

/** Whether the user was told, once, that secrets lie unprotected, or that the app goes on in the tray. */
const WEAK_SEEN = "seen:weak-storage";
const TRAY_SEEN = "seen:in-tray";
/** Longest (ms) that quitting waits for what others should hear. */
const QUIT_MS = 3_000;

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
  const store = new Store<AppState>({
    ...initialState,
    settings: readSettings(database),
    updates: { ...initialState.updates, version: app.getVersion() },
    company: {
      homeserver: policy.homeserver ?? null,
      homeserverOnly: policy.homeserver !== undefined && policy.homeserverOnly === true,
      updates: policy.updates ?? null,
      broken: problem !== null,
    },
  });
  if (problem !== null) log.error("the company's settings cannot be used", problem);
  const registry = new WindowRegistry();
  const publisher = new Publisher(store);
  const windows = new ElectronWindows(registry, (window) => publisher.remove(window), log);
  const power = electronPower();
  const notifier = new ElectronNotifier(log);
  // What an earlier run had shown leads home; what this one shows answers by itself.
  identify((tag) => (tag === null || !notifier.answers(tag)) && windows.show("home"));
  const indicator = new ElectronIndicator(join(import.meta.dirname, "tray"), () => windows.attending);
  const quiet = systemQuiet();
  // Chromium's network: the system's proxy and certificates.
  const fetch: typeof globalThis.fetch = (input, init) =>
    net.fetch(input instanceof URL ? input.href : input, init);
  const notify = (notice: Notice) =>
    store.update((state) => ({ ...state, notices: [...new Set([...state.notices, notice])] }));
  let running: Running | null = null;
  let updates: Updates | null = null;

  const signIn = new SignIn({
    folder: join(home, "accounts"),
    file: new SessionFile(database, electronSecrets),
    store,
    fetch,
    log,
    openExternal: (url) => shell.openExternal(url),
    onDiskFull: () => notify("disk-full"),
    onForgotten(user) {
      ringsIn(database, user).write(noRings);
      new CallFactsFile(database, user).forget();
      identityNoteIn(database, user).forget();
      notifier.clearMissed();
      // It names the account's rooms and people.
      keepSettings({ ringing: {} });
    },
    onOpen(account, password) {
      const now = new Running(account, {
        password,
        openExternal: (url) => shell.openExternal(url),
        store,
        windows,
        power,
        clock,
        log,
        fetch,
        database,
        notifier,
        systemQuiet: quiet,
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

  async function changeSettings(patch: Partial<Settings>): Promise<void> {
    if (patch.startAtLogin !== undefined) await electronLoginItem.set(patch.startAtLogin);
    keepSettings(patch);
  }

  function keepSettings(patch: Partial<Settings>): void {
    store.update((state) => ({ ...state, settings: { ...state.settings, ...patch } }));
    writeSettings(database, store.state.settings);
  }

  function know(desktop: Partial<Desktop>): void {
    store.update((state) => ({ ...state, desktop: { ...state.desktop, ...desktop } }));
  }

  /** An app that starts at login may be there before the panel is. */
  async function lookForTray(): Promise<void> {
    const tray = await trayAvailable();
    if (tray !== store.state.desktop.tray) know({ tray });
  }

  /** The user may have changed it where the system lists what starts at login. */
  async function readLoginItem(): Promise<void> {
    try {
      const startAtLogin = await electronLoginItem.isOn();
      know({ loginItem: true });
      if (startAtLogin !== store.state.settings.startAtLogin) keepSettings({ startAtLogin });
    } catch (error) {
      log.warn("the login item cannot be read", error);
    }
  }

  async function beginUpdates(): Promise<void> {
    const by = await updatedByHere();
    if (isUpdatesOff(by)) store.update((state) => ({ ...state, updates: { ...state.updates, off: by } }));
    else
      updates = startUpdates({
        store,
        database,
        clock,
        log,
        open: () => openInstaller(by, log),
        notify,
        quit: () => app.quit(),
        relaunch,
      });
  }

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
      openExternal: (url) => shell.openExternal(url),
      changeSettings,
      dismiss(notice) {
        if (notice === "weak-storage") database.setJson(WEAK_SEEN, true);
        store.update((state) => ({ ...state, notices: state.notices.filter((other) => other !== notice) }));
      },
      updates: (type) => updates?.send({ type }),
    }),
    electronIpc(registry),
    log,
  );

  setMenu(!app.isPackaged);
  windows.onGone((role) => role === "call" && running?.conductor.send({ type: "window-gone" }));
  windows.onHomeClose(() => {
    const { session, settings, desktop } = store.state;
    // Nobody can ring whoever is not signed in.
    const how = session.phase === "signed-in" ? homeClose({ ...settings, tray: desktop.tray }) : "quit";
    if (how === "close" && !database.json(TRAY_SEEN)) {
      database.setJson(TRAY_SEEN, true);
      notifier.tell(t("tray.told"), t("tray.told-more"));
      notify("in-tray");
    }
    return how;
  });
  power.onWake(() => running?.wake());
  app.on("second-instance", (_event, argv) => {
    const asked = startedFor(argv);
    if (asked === "quit") return app.quit();
    if (asked === "new-call") store.update((state) => ({ ...state, lookup: "" }));
    if (asked !== "hidden") windows.show("home");
  });
  app.on("activate", () => windows.show("home"));
  app.on(
    "before-quit",
    quitOnce(
      () => signIn.close(),
      async () => (await updates?.leave()) ?? false,
    ),
  );

  indicate({ store, indicator, notifier, clock });
  indicator.onAsked((asked) => {
    switch (asked.type) {
      case "open":
        return windows.show("home");
      case "quit":
        return app.quit();
      case "leave-call":
        return running?.conductor.send({ type: "leave-asked" });
      case "toggle-quiet": {
        const disturb = toggleQuiet(store.state.settings.disturb, localTime(clock.now()));
        return void changeSettings({ disturb });
      }
      case "accept":
      case "decline":
        return running?.ringing.asked(asked);
    }
  });

  know({ disturb: quiet.readable });
  void readLoginItem();
  windows.onShown((role) => role === "home" && void lookForTray());
  claimLinks();
  if (startedHidden()) void lookForTray();
  else windows.show("home");

  if (!database.json(WEAK_SEEN) && (await electronSecrets.weak())) notify("weak-storage");
  await signIn.restore();
  if (running) log.info("ready to ring");
  void beginUpdates();
  links((url) => {
    const link = parseLink(url);
    if (!link) return log.warn("a link asks for nothing that we know");
    windows.show("home");
    // A link may come from anybody: it leads to the person, the room or the lobby, and never into a call.
    if (link.kind === "call" && isRoomId(link.target) && running)
      openLobby(running.conductor, link.target, link.intent, log);
    else store.update((state) => ({ ...state, lookup: termOf(link) }));
  });
}

/** For a link: while another call is on, nothing but home comes up, which shows that call. */
function openLobby(conductor: Conductor, room: RoomId, intent: CallIntent, log: Log): void {
  try {
    conductor.lobby(room, intent);
  } catch (error) {
    log.info("a link to a call came to nothing", error);
  }
}

/**
 * Others should see us leave, so quitting waits for it, but not for long; then an update is installed that is ready. `last` says whether
 * the system ends the app by itself.
 */
function quitOnce(
  stop: () => Promise<void>,
  last: () => Promise<boolean>,
): (event: { preventDefault(): void }) => void {
  let phase: "on" | "stopping" | "stopped" = "on";
  async function end(): Promise<void> {
    try {
      await Promise.race([stop(), new Promise((resolve) => setTimeout(resolve, QUIT_MS))]);
    } finally {
      phase = "stopped";
      if (!(await last())) app.exit();
    }
  }
  return (event) => {
    if (phase === "stopped") return;
    event.preventDefault();
    if (phase === "stopping") return;
    phase = "stopping";
    void end();
  };
}
