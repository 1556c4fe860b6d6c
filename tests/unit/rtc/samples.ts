import { readFileSync } from "node:fs";

import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { MemberEvent } from "../../../shared/rtc/member-event.ts";

interface Captured {
  readonly room: RoomId;
  readonly peers: readonly { readonly user: UserId; readonly device: string }[];
  readonly events: readonly {
    readonly type: string;
    readonly state_key?: string;
    readonly sender: UserId;
    readonly event_id: EventId;
    readonly origin_server_ts: number;
    readonly content: unknown;
    readonly sticky_ms?: number;
  }[];
  readonly keys: readonly {
    readonly to: string;
    readonly type: string;
    readonly sender: UserId;
    readonly content: unknown;
  }[];
}

/** Events of a real call of two Element Calls, in the order in which another device saw them. */
export function captured(name: "compatibility" | "matrix-2-0") {
  const file = new URL(`samples/${name}.json`, import.meta.url);
  // Our own file.
  const sample = JSON.parse(readFileSync(file, "utf8")) as Captured;
  const events = sample.events.map((event): MemberEvent => ({
    type: event.type,
    stateKey: event.state_key ?? null,
    sender: event.sender,
    eventId: event.event_id,
    sentAt: event.origin_server_ts,
    content: event.content,
    stickyUntil: event.sticky_ms === undefined ? null : event.origin_server_ts + event.sticky_ms,
  }));
  return { ...sample, events };
}
