import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Updates } from "../../../electron/updates/updates.ts";
import type { UpdateChannel, UpdateFailure, Updates as State } from "../../../shared/updates/updates.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { standIn } from "./electron.ts";
import { sha512, UpdateServer } from "./update-server.ts";

const app = standIn();
const { Installer } = await import("../../../electron/updates/installer.ts");

const running = Buffer.from("Carillon 0.1.0, which runs".repeat(50_000));
const released = Buffer.from("Carillon 0.2.0, which is new".repeat(60_000));

let folder: string;
let server: UpdateServer;
let appImage: string;
let relaunches: number;
let kept: UpdateFailure | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "carillon-updates-"));
  server = await UpdateServer.start();
  appImage = join(folder, "apps/Carillon.AppImage");
  mkdirSync(join(folder, "apps"));
  writeFileSync(appImage, running, { mode: 0o755 });
  mkdirSync(join(folder, "resources"));
  writeFileSync(
    join(folder, "resources/app-update.yml"),
    `provider: generic\nurl: ${server.url}\nupdaterCacheDirName: carillon-updater\n`,
  );
  app.userData = join(folder, "profile");
  app.version = "0.1.0";
  // As Electron and the AppImage's runtime set them.
  Object.defineProperty(process, "resourcesPath", { value: join(folder, "resources"), configurable: true });
  vi.stubEnv("APPIMAGE", appImage);
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  relaunches = 0;
  kept = null;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly updates: Updates;
  readonly state: () => State;
  /** Resolves once the status is of this phase, with all that it was in between. */
  readonly reaches: (phase: State["status"]["phase"]) => Promise<State["status"]>;
}

function run(channel: UpdateChannel = "latest"): Run {
  let state: State | null = null;
  const waiting = new Set<() => void>();
  const { log } = collectLog();
  const updates = new Updates("ask", channel, {
    open: async () => new Installer("appimage", log, () => (relaunches += 1)),
    clock: new FakeClock(),
    log,
    changed(next) {
      state = next;
      for (const look of waiting) look();
    },
    tell: () => {},
    quit: () => {},
    lastFailure: null,
    keepFailure: (why) => (kept = why),
    relaunch: () => (relaunches += 1),
  });
  const now = () => {
    if (state === null) throw new Error("no state");
    return state;
  };
  return {
    updates,
    state: now,
    reaches: (phase) =>
      new Promise((resolve) => {
        const look = () => {
          if (now().status.phase !== phase) return;
          waiting.delete(look);
          resolve(now().status);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function fetched(): Promise<Run> {
  const one = run();
  one.updates.send({ type: "due" });
  await one.reaches("available");
  one.updates.send({ type: "download-asked" });
  await one.reaches("ready");
  return one;
}

const apps = () => readdirSync(join(folder, "apps"));
const untouched = () => {
  expect(readFileSync(appImage).equals(running)).toBe(true);
  expect(apps()).toEqual(["Carillon.AppImage"]);
};

test("a good release is shown, fetched, and replaces the app when it restarts", async () => {
  server.serve({ version: "0.2.0", bytes: released });
  const { updates, state } = await fetched();
  expect(state().status).toEqual({
    phase: "ready",
    release: { version: "0.2.0", notes: "Rings louder." },
  });
  untouched();
  updates.send({ type: "restart-asked" });
  expect(await updates.leave()).toBe(false);
  expect(readFileSync(appImage).equals(released)).toBe(true);
  expect(statSync(appImage).mode & 0o777).toBe(0o755);
  expect(apps()).toEqual(["Carillon.AppImage"]);
  expect(relaunches).toBe(1);
});

test("quitting installs it too, and nothing starts again", async () => {
  server.serve({ version: "0.2.0", bytes: released });
  const { updates } = await fetched();
  await updates.leave();
  expect(readFileSync(appImage).equals(released)).toBe(true);
  expect(relaunches).toBe(0);
});

test("in a call it is not installed", async () => {
  server.serve({ version: "0.2.0", bytes: released });
  const { updates } = await fetched();
  updates.send({ type: "busy-changed", busy: true });
  updates.send({ type: "restart-asked" });
  await updates.leave();
  untouched();
});

const half = released.subarray(0, released.length / 2);

test.each<[string, UpdateFailure, Parameters<UpdateServer["serve"]>[0]]>([
  [
    "is truncated",
    "damaged",
    { version: "0.2.0", bytes: released, send: (response) => void response.end(half) },
  ],
  [
    "breaks off on the way",
    "unreachable",
    {
      version: "0.2.0",
      bytes: released,
      send(response) {
        response.writeHead(200, { "content-length": released.length });
        response.write(half, () => response.destroy());
      },
    },
  ],
  [
    "has another hash than was released",
    "damaged",
    { version: "0.2.0", bytes: released, sha512: sha512(running) },
  ],
  [
    "was tampered with, at the same length",
    "damaged",
    {
      version: "0.2.0",
      bytes: released,
      send: (response) => void response.end(Buffer.from(released).fill("x", 0, 9)),
    },
  ],
  [
    "is not there",
    "unreachable",
    { version: "0.2.0", bytes: released, send: (response) => void response.writeHead(404).end() },
  ],
])("a release that %s is said to be %s, and the app stays as it is", async (_name, why, release) => {
  server.serve(release);
  const { updates, reaches } = run();
  updates.send({ type: "due" });
  await reaches("available");
  updates.send({ type: "download-asked" });
  expect(await reaches("failed")).toEqual({ phase: "failed", why });
  updates.send({ type: "restart-asked" });
  await updates.leave();
  untouched();
  expect(relaunches).toBe(0);
});

test("a failed download does not stand in the way of a good one", async () => {
  server.serve({ version: "0.2.0", bytes: released, send: (response) => void response.end(half) });
  const { updates, reaches } = run();
  updates.send({ type: "due" });
  await reaches("available");
  updates.send({ type: "download-asked" });
  await reaches("failed");
  server.serve({ version: "0.2.0", bytes: released });
  updates.send({ type: "check-asked" });
  await reaches("available");
  updates.send({ type: "download-asked" });
  await reaches("ready");
  await updates.leave();
  expect(readFileSync(appImage).equals(released)).toBe(true);
});

test("an older release is none, and nothing of it is fetched", async () => {
  server.serve({ version: "0.0.9", bytes: released });
  const { updates, reaches, state } = run();
  updates.send({ type: "due" });
  await reaches("checking");
  await reaches("idle");
  expect(state().checkedAt).not.toBeNull();
  expect(server.asked.filter((path) => path.endsWith(".AppImage"))).toEqual([]);
  await updates.leave();
  untouched();
});

test("whoever leaves the beta releases may go back to the latest", async () => {
  app.version = "0.3.0-beta.1";
  server.serve({ version: "0.3.0-beta.1", bytes: running }, "beta");
  server.serve({ version: "0.2.0", bytes: released });
  const { updates, reaches } = run("beta");
  updates.send({ type: "due" });
  await reaches("idle");
  updates.send({ type: "channel-set", channel: "latest" });
  expect(await reaches("available")).toMatchObject({ release: { version: "0.2.0" } });
});

test("another channel does not wait for the download that is under way, even of a server that stalls", async () => {
  server.serve({
    version: "0.2.0",
    bytes: released,
    send(response) {
      response.writeHead(200, { "content-length": released.length });
      response.write(half);
    },
  });
  server.serve({ version: "0.3.0-beta.1", bytes: released }, "beta");
  const { updates, reaches } = run();
  updates.send({ type: "due" });
  await reaches("available");
  updates.send({ type: "download-asked" });
  await reaches("downloading");
  await vi.waitFor(() => expect(server.asked.at(-1)).toMatch(/AppImage$/));
  updates.send({ type: "channel-set", channel: "beta" });
  expect(await reaches("available")).toMatchObject({ release: { version: "0.3.0-beta.1" } });
  untouched();
});

test("metadata without a hash is refused before anything is fetched", async () => {
  server.serve({ version: "0.2.0", bytes: released, sha512: "" });
  const { updates, reaches } = run();
  updates.send({ type: "due" });
  expect(await reaches("failed")).toEqual({ phase: "failed", why: "damaged" });
  expect(server.asked.filter((path) => path.endsWith(".AppImage"))).toEqual([]);
  untouched();
});

test("a server that is not there is said", async () => {
  const { updates, reaches } = run();
  server.serve({ version: "0.2.0", bytes: released }, "none");
  updates.send({ type: "due" });
  expect(await reaches("failed")).toEqual({ phase: "failed", why: "unreachable" });
});

const pending = () => join(folder, "cache/carillon-updater/pending");
const installer = () => join(pending(), "Carillon-0.2.0.AppImage");

test.each([
  ["was changed on disk", "damaged" as const, () => writeFileSync(installer(), "something else")],
  ["was removed", "failed" as const, () => rmSync(installer())],
])(
  "a download that %s is not installed: the app comes back as it is, and says why",
  async (_name, why, harm) => {
    server.serve({ version: "0.2.0", bytes: released });
    const { updates } = await fetched();
    harm();
    updates.send({ type: "restart-asked" });
    await updates.leave();
    untouched();
    expect(relaunches).toBe(1);
    expect(kept).toBe(why);
  },
);

test("where the new file cannot be put beside the old one, the old one stays", async () => {
  server.serve({ version: "0.2.0", bytes: released });
  const { updates } = await fetched();
  // As on a full disk, or in a folder that is not the user's.
  mkdirSync(`${appImage}.new`);
  updates.send({ type: "restart-asked" });
  await updates.leave();
  expect(readFileSync(appImage).equals(running)).toBe(true);
  expect(relaunches).toBe(1);
  expect(kept).not.toBeNull();
});
