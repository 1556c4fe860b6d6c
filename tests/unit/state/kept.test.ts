import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";

import { Database } from "../../../electron/state/database.ts";
import { delayIdsIn, readSettings, writeSettings } from "../../../electron/state/kept.ts";
import { SessionFile, type SavedSession } from "../../../electron/matrix/saved-session.ts";
import { defaultSettings } from "../../../shared/state/settings.ts";

let folder = "";
let database: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-kept-"));
  database = new Database(join(folder, "a.db"));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

test("settings come back after a restart", () => {
  const settings = { ...defaultSettings, theme: "dark" as const, camera: { id: "c1", label: "Cam" } };
  writeSettings(database, settings);
  database.close();
  database = new Database(join(folder, "a.db"));
  expect(readSettings(database)).toEqual(settings);
});

test("a setting that another version wrote otherwise falls back alone", () => {
  database.setJson("settings", { theme: "sepia", startMuted: true, gone: 1 });
  expect(readSettings(database)).toEqual({ ...defaultSettings, startMuted: true });
});

test("whatever lies in the file, there are settings", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (stored) => {
      database.setJson("settings", stored);
      expect(Object.keys(readSettings(database)).toSorted()).toEqual(Object.keys(defaultSettings).toSorted());
    }),
  );
});

test("a delay id is kept for its room until it is taken back", () => {
  const ids = delayIdsIn(database);
  ids.set("!a:hs", "one");
  ids.set("!b:hs", "two");
  ids.set("!a:hs", null);
  expect([ids.get("!a:hs"), ids.get("!b:hs")]).toEqual([null, "two"]);
});

const session: SavedSession = {
  homeserver: "https://hs",
  user: "@a:hs",
  device: "D",
  accessToken: "syt_secret",
  oauth: null,
  storageKey: "k",
};
/** A keyring that can be another one tomorrow. */
const keyring = (name: string) => ({
  weak: () => Promise.resolve(false),
  seal: (text: string) =>
    Promise.resolve(new TextEncoder().encode(Buffer.from(`${name}:${text}`).toString("hex"))),
  open: (sealed: Uint8Array) => {
    const text = Buffer.from(new TextDecoder().decode(sealed), "hex").toString();
    return text.startsWith(`${name}:`)
      ? Promise.resolve(text.slice(name.length + 1))
      : Promise.reject(new Error("another keyring"));
  },
});

test("the session comes back, and lies sealed", async () => {
  await new SessionFile(database, keyring("one")).write(session);
  expect(await new SessionFile(database, keyring("one")).read()).toEqual(session);
  expect(new TextDecoder().decode(database.bytes("session"))).not.toContain("syt_secret");
});

test("a session that another keyring sealed is no session", async () => {
  await new SessionFile(database, keyring("one")).write(session);
  expect(await new SessionFile(database, keyring("two")).read()).toBeUndefined();
});

test("a damaged file says so and is left as it is", () => {
  const file = join(folder, "bad.db");
  writeFileSync(file, "this is no database at all, but it is long enough to be taken for one");
  expect(() => new Database(file)).toThrow(expect.objectContaining({ code: "store-corrupt" }));
  expect(readFileSync(file, "utf8")).toContain("no database");
});
