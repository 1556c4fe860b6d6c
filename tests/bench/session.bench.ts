import type { UserId } from "../../shared/matrix/ids.ts";
import type { MemberEvent } from "../../shared/rtc/member-event.ts";
import { noSessions, stepSession, type RoomSessions } from "../../shared/rtc/session.ts";
import type { Row } from "./table.ts";

const MEMBERS = 500;
const ROUNDS = 300;
const NOW = 1_800_000_000_000;

/** The session of a large call: read whole, and one change in it, in both forms that members have. */
export async function run(): Promise<Row[]> {
  const all: Row[] = [];
  for (const form of ["legacy", "sticky"] as const) {
    const make = form === "legacy" ? legacy : sticky;
    const events = Array.from({ length: MEMBERS }, (_, at) => ({ event: make(at, 0), joined: true }));
    // The first time, before the compiler has warmed to it, as in a fresh process; then the usual.
    const initial = Array.from({ length: ROUNDS }, () =>
      time(() => stepSession(noSessions, { type: "read", events, now: NOW })),
    );
    let [state] = stepSession(noSessions, { type: "read", events, now: NOW });
    const changes = Array.from({ length: ROUNDS }, (_, round) => {
      const event = make((round * 7) % MEMBERS, round + 1);
      return time(() => {
        [state] = stepSession(state, { type: "heard", event, joined: true, now: NOW });
      });
    });
    if (sizeOf(state) !== MEMBERS) throw new Error("the session lost somebody");
    all.push(
      { name: `${MEMBERS} members, ${form}: first reading`, unit: "ms", values: initial.slice(0, 1) },
      { name: `${MEMBERS} members, ${form}: reading again`, unit: "ms", values: initial, aim: 5 },
      { name: `${MEMBERS} members, ${form}: one change`, unit: "ms", values: changes, aim: 0.2 },
    );
  }
  return all;
}

const sizeOf = (state: RoomSessions) => state.sessions[0]?.members.length;

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const userOf = (at: number): UserId => `@user${at}:hs`;

function legacy(at: number, version: number): MemberEvent {
  const sender = userOf(at);
  return {
    type: "org.matrix.msc3401.call.member",
    stateKey: `_${sender}_DEVICE_m.call`,
    sender,
    eventId: `$${at}-${version}`,
    sentAt: NOW - 1_000 * at + version,
    stickyUntil: null,
    content: {
      application: "m.call",
      call_id: "",
      scope: "m.room",
      device_id: "DEVICE",
      membershipID: `${sender}:DEVICE`,
      expires: 14_400_000,
      "m.call.intent": "video",
      focus_active: { type: "livekit", focus_selection: "multi_sfu" },
      foci_preferred: [
        { type: "livekit", livekit_service_url: "https://sfu.hs/jwt", livekit_alias: "!room:hs" },
      ],
    },
  };
}

function sticky(at: number, version: number): MemberEvent {
  const sender = userOf(at);
  const id = `uuid-${at}`;
  return {
    type: "org.matrix.msc4143.rtc.member",
    stateKey: null,
    sender,
    eventId: `$${at}-${version}`,
    sentAt: NOW - 1_000 * at + version,
    stickyUntil: NOW + 3_600_000,
    content: {
      slot_id: "m.call#ROOM",
      application: { type: "m.call", "m.call.intent": "video" },
      member: { id, user_id: sender, device_id: "DEVICE" },
      transports: {
        published: [{ type: "livekit", livekit_service_url: "https://sfu.hs/jwt" }],
        can_subscribe: ["livekit"],
      },
      versions: [],
      msc4354_sticky_key: id,
    },
  };
}
