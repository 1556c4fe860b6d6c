import * as v from "valibot";

import { noRings, type Rings } from "../../shared/call/ring.ts";
import type { UserId } from "../../shared/matrix/ids.ts";
import type { Database } from "../state/database.ts";

/** The rings of an account at rest, so that a restart goes on with them and rings for nothing twice. */
export interface RingsFile {
  read(): Rings;
  write(rings: Rings): void;
}

export function ringsIn(database: Database, user: UserId): RingsFile {
  const name = `rings:${user}`;
  return {
    read() {
      const stored = database.json(name);
      // Seam: written by `write` alone, so its parts are of this shape where the whole is; a damaged file rings no more.
      return v.is(whole, stored) ? (stored as unknown as Rings) : noRings;
    },
    write(rings) {
      const isEmpty = Object.values(rings).every((part: readonly unknown[]) => part.length === 0);
      if (isEmpty) database.delete(name);
      else database.setJson(name, rings);
    },
  };
}

const list = <S extends v.GenericSchema>(of: S) => v.array(of);
const time = v.number();
const notification = v.looseObject({ id: v.string(), room: v.string(), sender: v.string(), expiresAt: time });
const whole = v.strictObject({
  ringing: list(
    v.looseObject({
      id: v.string(),
      from: v.string(),
      room: v.string(),
      startedAt: time,
      expiresAt: time,
      notifications: list(notification),
      shown: v.boolean(),
    }),
  ),
  waiting: list(v.looseObject({ notification })),
  done: list(v.looseObject({ id: v.string(), until: time })),
  lately: list(v.looseObject({ user: v.string(), at: time })),
  sessions: list(v.looseObject({ room: v.string(), members: list(v.looseObject({ user: v.string() })) })),
});
