import * as v from "valibot";

import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import { defaultSettings, settingsPatch, type Settings } from "../../shared/state/settings.ts";
import type { DelayIds } from "../rtc/ports.ts";
import type { Database } from "./database.ts";

/** Settings at rest. One that a newer or older version wrote otherwise falls back to its default, alone. */
export function readSettings(database: Database): Settings {
  const stored = database.json("settings");
  if (typeof stored !== "object" || stored === null) return defaultSettings;
  const entries = Object.entries(stored).filter(([name, value]) => v.is(settingsPatch, { [name]: value }));
  return { ...defaultSettings, ...Object.fromEntries(entries) };
}

export const writeSettings = (database: Database, settings: Settings): void =>
  database.setJson("settings", settings);

/** Delay ids of our own memberships at rest (see `DelayIds`). */
export const delayIdsIn = (database: Database): DelayIds => ({
  get: (room) => all(database)[room] ?? null,
  set(room, delayId) {
    const { [room]: _replaced, ...rest } = all(database);
    database.setJson("delay-ids", delayId === null ? rest : { ...rest, [room]: delayId });
  },
});

type Note = Omit<v.InferOutput<typeof note>, "device">;
const note = v.strictObject({
  device: v.string(),
  restored: v.nullable(v.string()),
  unfinished: v.boolean(),
});

/** What a device remembers of its identity, at rest; another device of the same user begins anew. */
export function identityNoteIn(database: Database, user: UserId, device = "") {
  const name = `identity:${user}`;
  return {
    read(): Note {
      const stored = v.safeParse(note, database.json(name));
      return stored.success && stored.output.device === device
        ? stored.output
        : { restored: null, unfinished: false };
    },
    write: ({ restored, unfinished }: Note) => database.setJson(name, { device, restored, unfinished }),
    forget: () => database.delete(name),
  };
}

const all = (database: Database): Readonly<Record<RoomId, string>> => {
  const stored = database.json("delay-ids");
  return v.is(v.record(v.string(), v.string()), stored) ? stored : {};
};
