import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { Database } from "../../../electron/state/database.ts";
import { Store } from "../../../electron/state/store.ts";
import { startUpdates } from "../../../electron/updates/start.ts";
import type { InstallerPort, Updates } from "../../../electron/updates/updates.ts";
import { initialState, type AppState } from "../../../shared/state/app-state.ts";
import { defaultSettings } from "../../../shared/state/settings.ts";
import { CHECK_MS, type Release } from "../../../shared/updates/updates.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ringOf } from "../renderer/support/rings.ts";

const release: Release = { version: "0.2.0", notes: "" };

/** An installer that has a release, fetches it at once and installs it, or not. */
class FakeInstaller implements InstallerPort {
  readonly did: string[] = [];
  quiet = true;
  offers: Release | null = release;
  fails: Error | null = null;

  async check(channel: string): Promise<Release | null> {
    this.did.push(`check ${channel}`);
    return this.offers;
  }
  async download(onProgress: (percent: number) => void): Promise<void> {
    this.did.push("download");
    onProgress(50);
  }
  cancel(): void {
    this.did.push("cancel");
  }
  async install(restart: boolean): Promise<boolean> {
    this.did.push(`install${restart ? " and restart" : ""}`);
    if (this.fails) throw this.fails;
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), "carillon-updates-"));
const database = new Database(join(folder, "carillon.db"));
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

interface World {
  readonly store: Store<AppState>;
  readonly installer: FakeInstaller;
  readonly clock: FakeClock;
  readonly told: string[];
  readonly updates: Updates | null;
  /** Lets promises that have settled be heard. */
  readonly settle: () => Promise<void>;
}

async function begin(state: Partial<AppState> = {}, installer = new FakeInstaller()): Promise<World> {
  const store = new Store<AppState>({ ...initialState, ...state });
  const clock = new FakeClock();
  const told: string[] = [];
  const updates = startUpdates({
    store,
    database,
    clock,
    log: collectLog().log,
    open: async () => (told.push("opened"), installer),
    notify: (news) => told.push(news),
    quit: () => told.push("quit"),
    relaunch: () => told.push("relaunch"),
  });
  const settle = () => clock.advance(0);
  await settle();
  return { store, installer, clock, told, updates, settle };
}

test("it looks at the start and fetches what it finds", async () => {
  const { installer, store, told } = await begin();
  expect(installer.did).toEqual(["check latest", "download"]);
  expect(store.state.updates).toMatchObject({ off: null, status: { phase: "ready", release } });
  expect(told).toEqual(["opened", "update-ready"]);
});

test("and again some hours later", async () => {
  const installer = new FakeInstaller();
  installer.offers = null;
  const { clock } = await begin({}, installer);
  await clock.advance(CHECK_MS);
  expect(installer.did).toEqual(["check latest", "check latest"]);
});

test("where they are off, nothing is even loaded", async () => {
  const { told } = await begin({ settings: { ...defaultSettings, updates: "off" } });
  expect(told).toEqual([]);
});

test("the company's word counts before the user's", async () => {
  const company = { ...initialState.company, updates: "off" as const };
  expect((await begin({ company })).updates).toBeNull();
  const { installer, store, settle } = await begin({ company: { ...company, updates: "ask" } });
  store.update((state) => ({ ...state, settings: { ...state.settings, updates: "automatic" } }));
  await settle();
  expect(installer.did).toEqual(["check latest"]);
});

test("what the user sets counts at once", async () => {
  const { installer, store, settle } = await begin({ settings: { ...defaultSettings, updates: "ask" } });
  store.update((state) => ({ ...state, settings: { ...state.settings, updateChannel: "beta" } }));
  await settle();
  expect(installer.did).toEqual(["check latest", "check beta"]);
});

test("while somebody rings nothing is fetched, and it is not left for an update", async () => {
  const { installer, store, updates, told, settle } = await begin({ rings: [ringOf("Bob")] });
  expect(installer.did).toEqual(["check latest"]);
  store.update((state) => ({ ...state, rings: [] }));
  await settle();
  expect(installer.did).toEqual(["check latest", "download"]);
  store.update((state) => ({ ...state, rings: [ringOf("Bob")] }));
  await settle();
  updates?.send({ type: "restart-asked" });
  expect(told).not.toContain("quit");
  await updates?.leave();
  expect(installer.did).not.toContain("install");
});

test("asked to, it quits, installs and comes back", async () => {
  const { installer, updates, told } = await begin();
  updates?.send({ type: "restart-asked" });
  expect(told).toContain("quit");
  await updates?.leave();
  expect(installer.did.at(-1)).toBe("install and restart");
});

test("an installer that asks for a password is not run when the user just quits", async () => {
  const installer = new FakeInstaller();
  installer.quiet = false;
  const { updates } = await begin({}, installer);
  await updates?.leave();
  expect(installer.did).toEqual(["check latest", "download"]);
});

test("a failed install brings the app back, which says why and does not look again at once", async () => {
  const { installer, updates, told } = await begin();
  installer.fails = Object.assign(new Error("no"), { code: "EACCES" });
  updates?.send({ type: "restart-asked" });
  expect(await updates?.leave()).toBe(false);
  expect(told).toContain("relaunch");

  const next = await begin();
  expect(next.store.state.updates.status).toEqual({ phase: "failed", why: "not-permitted" });
  expect(next.installer.did).toEqual([]);
  await next.clock.advance(CHECK_MS);
  expect(next.installer.did).toEqual(["check latest", "download"]);

  expect((await begin()).store.state.updates.status.phase).toBe("ready");
});

test("an installer that cannot be loaded is a failure, not the end", async () => {
  const store = new Store<AppState>(initialState);
  const clock = new FakeClock();
  startUpdates({
    store,
    database,
    clock,
    log: collectLog().log,
    open: () => Promise.reject(new Error("gone")),
    notify: () => {},
    quit: () => {},
    relaunch: () => {},
  });
  await clock.advance(0);
  expect(store.state.updates.status).toEqual({ phase: "failed", why: "failed" });
});
