import * as v from "valibot";

import { factKey, roomOfFact, timeOfFact } from "../../shared/call/history-facts.ts";
import type { CallFact } from "../../shared/call/history.ts";
import {
  isEventId,
  isRoomId,
  isUserId,
  type EventId,
  type RoomId,
  type UserId,
} from "../../shared/matrix/ids.ts";
import type { Database } from "./database.ts";

/** What is kept for an account: so many facts, of them so many of one busy room, and none older than a year. */
const MOST = 5_000;
const MOST_OF_A_ROOM = 1_000;
export const OLDEST_MS = 365 * 24 * 3_600_000;

/** Up to when missed calls were looked at (epoch ms), and which of them claim a later time and were seen all the same. */
export interface Seen {
  readonly at: number;
  readonly ahead: readonly EventId[];
}

/** The newest event of a room when its past was read, and when the room was last active then (epoch ms). */
export interface Mark {
  readonly event: EventId;
  readonly activeAt: number;
}

/** Facts of an account's calls at rest, and how far its rooms' past was read. All of it throws AppError: `disk-full`, … */
export class CallFactsFile {
  readonly #database: Database;
  readonly #account: UserId;

  constructor(database: Database, account: UserId) {
    this.#database = database;
    this.#account = account;
    createTables(database);
  }

  /** All that can be read, oldest first, after what is too much or too old was removed. */
  read(now: number): readonly CallFact[] {
    this.#prune(now);
    const sql = "SELECT json FROM call_fact WHERE account = ? ORDER BY at, key";
    return this.#database.rows(sql, this.#account).flatMap(({ json }) => {
      const parsed = v.safeParse(storedFact, json);
      return parsed.success ? [parsed.output] : [];
    });
  }

  /** A fact that is there already stays as it is, unless only the new one knows that it rang us. `now`: epoch ms. */
  add(facts: readonly CallFact[], now: number): void {
    if (facts.length === 0) return;
    this.#database.together(() => {
      for (const fact of facts) {
        this.#database.run(
          `INSERT INTO call_fact(account, key, room, at, rang, json) VALUES(?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET json = excluded.json, rang = excluded.rang WHERE excluded.rang > rang`,
          this.#account,
          factKey(fact),
          roomOfFact(fact),
          // Nothing is newer than now, so that a date in the far future keeps nothing alive.
          Math.floor(Math.min(timeOfFact(fact) ?? now, now)),
          Number(fact.rangUs === true),
          JSON.stringify(fact),
        );
      }
    });
  }

  /** How far the room's past was read; null where it never was. */
  mark(room: RoomId): Mark | null {
    const sql = "SELECT event, active_at FROM call_mark WHERE account = ? AND room = ?";
    const row = this.#database.rows(sql, this.#account, room)[0];
    const parsed = v.safeParse(storedMark, row);
    return parsed.success ? { event: parsed.output.event, activeAt: parsed.output.active_at } : null;
  }

  setMark(room: RoomId, { event, activeAt }: Mark): void {
    this.#database.run(
      `INSERT INTO call_mark(account, room, event, active_at) VALUES(?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET event = excluded.event, active_at = excluded.active_at`,
      this.#account,
      room,
      event,
      activeAt,
    );
  }

  /** The past of this room, or of all, is read from the beginning the next time. */
  forgetMarks(room: RoomId | null): void {
    if (room === null) this.#database.run("DELETE FROM call_mark WHERE account = ?", this.#account);
    else this.#database.run("DELETE FROM call_mark WHERE account = ? AND room = ?", this.#account, room);
  }

  /** Null until it is first set. */
  seen(): Seen | null {
    const row = this.#database.rows("SELECT json FROM call_seen WHERE account = ?", this.#account)[0];
    const parsed = v.safeParse(storedSeen, row?.["json"]);
    return parsed.success ? parsed.output : null;
  }

  setSeen(seen: Seen): void {
    this.#database.run(
      "INSERT INTO call_seen VALUES(?, ?) ON CONFLICT DO UPDATE SET json = excluded.json",
      this.#account,
      JSON.stringify(seen),
    );
  }

  /** The account is signed out. */
  forget(): void {
    this.#database.together(() => {
      for (const table of ["call_fact", "call_mark", "call_seen"])
        this.#database.run(`DELETE FROM ${table} WHERE account = ?`, this.#account);
    });
  }

  #prune(now: number): void {
    const of = this.#account;
    const run = (sql: string, ...values: readonly number[]) => this.#database.run(sql, of, ...values);
    run("DELETE FROM call_fact WHERE account = ? AND at < ?", Math.floor(now - OLDEST_MS));
    run(
      `DELETE FROM call_fact WHERE account = ?1 AND key IN (SELECT key FROM (
         SELECT key, row_number() OVER (PARTITION BY room ORDER BY at DESC, key) AS nth
         FROM call_fact WHERE account = ?1) WHERE nth > ?2)`,
      MOST_OF_A_ROOM,
    );
    run(
      `DELETE FROM call_fact WHERE account = ?1 AND key IN (
         SELECT key FROM call_fact WHERE account = ?1 ORDER BY at DESC, key LIMIT -1 OFFSET ?2)`,
      MOST,
    );
  }
}

function createTables(database: Database): void {
  database.run(
    `CREATE TABLE IF NOT EXISTS call_fact(account TEXT, key TEXT, room TEXT NOT NULL, at INTEGER NOT NULL,
       rang INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(account, key)) STRICT, WITHOUT ROWID`,
  );
  database.run(
    `CREATE TABLE IF NOT EXISTS call_mark(account TEXT, room TEXT, event TEXT NOT NULL, active_at REAL NOT NULL,
       PRIMARY KEY(account, room)) STRICT, WITHOUT ROWID`,
  );
  database.run("CREATE TABLE IF NOT EXISTS call_seen(account TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT");
}

// Rows are our own, but a damaged file or another version may have written them: a row that is not of this shape is left alone.
const json = v.pipe(v.string(), v.parseJson());
const event = v.custom<EventId>(isEventId);
const user = v.custom<UserId>(isUserId);
const room = v.custom<RoomId>(isRoomId);
const time = v.pipe(v.number(), v.finite());
const intent = v.picklist(["audio", "video"]);
const rangUs = v.exactOptional(v.boolean());

const storedFact: v.GenericSchema<unknown, CallFact> = v.pipe(
  json,
  v.variant("type", [
    v.object({
      type: v.literal("notified"),
      rangUs,
      notification: v.object({
        id: event,
        room,
        sender: user,
        kind: v.picklist(["ring", "announcement"]),
        slot: v.string(),
        member: v.nullable(event),
        users: v.array(user),
        everyone: v.boolean(),
        intent,
        sentAt: time,
        expiresAt: time,
      }),
    }),
    v.object({
      type: v.literal("declined"),
      rangUs,
      id: event,
      room,
      sender: user,
      of: event,
      reason: v.nullable(v.literal("busy")),
      sentAt: time,
    }),
    v.object({ type: v.literal("withdrawn"), rangUs, id: event, room }),
    v.object({ type: v.literal("put-off"), rangUs, id: event, room, sentAt: time }),
    v.object({
      type: v.literal("membership"),
      rangUs,
      id: event,
      room,
      place: v.string(),
      sender: user,
      joined: v.nullable(
        v.object({ device: v.string(), slot: v.string(), intent: v.nullable(intent), expiresAt: time }),
      ),
      sentAt: time,
    }),
  ]),
);

const storedMark = v.object({ event, active_at: time });
const storedSeen = v.pipe(json, v.object({ at: time, ahead: v.array(event) }));
