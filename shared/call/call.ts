import type { ErrorCode } from "../errors.ts";
import type { RoomId } from "../matrix/ids.ts";
import type { CallIntent } from "../state/app-state.ts";

/** The call of the window. */
export type Call =
  | { readonly phase: "idle" }
  /** Somebody rings: the way to the SFU is paved, unseen and without a membership. */
  | { readonly phase: "warm"; readonly room: RoomId; readonly intent: CallIntent }
  | {
      readonly phase: "lobby";
      readonly room: RoomId;
      readonly intent: CallIntent;
      readonly error: ErrorCode | null;
    }
  | OnCall
  | { readonly phase: "leaving"; readonly room: RoomId; readonly intent: CallIntent }
  /** Left since nobody answered; the window stays and says so. */
  | { readonly phase: "over"; readonly room: RoomId; readonly intent: CallIntent };

/** A call that we are in, or entering. */
export type OnCall =
  | { readonly phase: "joining"; readonly room: RoomId; readonly intent: CallIntent }
  | {
      readonly phase: "joined";
      readonly room: RoomId;
      readonly intent: CallIntent;
      /** Epoch ms. */
      readonly joinedAt: number;
      readonly membership: "live" | "unsure";
    };

/** The calls of this app. One is held only while we are in another. */
export interface Calls {
  readonly call: Call;
  readonly held: OnCall | null;
}

export type CallEvent =
  /** `once`: without a lobby. */
  | {
      readonly type: "opened";
      readonly room: RoomId;
      readonly intent: CallIntent;
      readonly at: "lobby" | "once";
    }
  | { readonly type: "join-asked"; readonly intent: CallIntent }
  /** Somebody rings with whom a warm join is wanted. */
  | { readonly type: "rang"; readonly room: RoomId; readonly intent: CallIntent }
  | { readonly type: "ring-over"; readonly room: RoomId }
  /** A ring was answered; `other` says what becomes of the call that we are in. */
  | {
      readonly type: "accepted";
      readonly room: RoomId;
      readonly intent: CallIntent;
      readonly other: "end" | "hold" | null;
    }
  | { readonly type: "intent-changed"; readonly intent: CallIntent }
  | { readonly type: "swap-asked" }
  | { readonly type: "leave-asked" | "window-gone" }
  /** Nobody answered the ring into this call. */
  | { readonly type: "given-up"; readonly room: RoomId }
  /** What the engine says of our membership. */
  | {
      readonly type: "membership";
      readonly room: RoomId;
      readonly status: "joining" | "live" | "unsure";
      readonly now: number;
    }
  /** Our own leave is done. It may come late, when the next call is under way. */
  | { readonly type: "left"; readonly room: RoomId }
  /** The engine cannot go on. */
  | { readonly type: "ended"; readonly room: RoomId; readonly code: ErrorCode | null }
  /** The lobby found that a join would fail. */
  | { readonly type: "trouble"; readonly code: ErrorCode }
  | { readonly type: "signed-out" };

export type CallEffect =
  /** This room's call is the window's now: find the transport and a grant ahead of need. */
  | { readonly type: "prepare"; readonly room: RoomId }
  | { readonly type: "join"; readonly room: RoomId; readonly intent: CallIntent }
  | { readonly type: "set-intent"; readonly room: RoomId; readonly intent: CallIntent }
  | { readonly type: "leave"; readonly room: RoomId }
  /** `warm-window`: loaded, and not shown. */
  | { readonly type: "show-window" | "warm-window" | "close-window" };

export const noCalls: Calls = { call: { phase: "idle" }, held: null };

export type CallStep = readonly [Calls, readonly CallEffect[]];

export const isOn = (call: Call): call is OnCall => call.phase === "joining" || call.phase === "joined";

/** Whether another room's call may be opened now: nobody leaves a call by a stray click. */
export const isBusy = ({ call }: Calls, room: RoomId): boolean => isOn(call) && call.room !== room;

/** The whole life of our calls but their media and their wire. */
export function stepCall(calls: Calls, event: CallEvent): CallStep {
  const { call } = calls;
  switch (event.type) {
    case "opened":
      return open(calls, event);
    case "join-asked":
      return call.phase === "lobby" ? join(calls, call.room, event.intent) : [calls, []];
    case "rang":
      if (call.phase !== "idle") return [calls, []];
      return [
        { call: { phase: "warm", room: event.room, intent: event.intent }, held: null },
        [{ type: "prepare", room: event.room }, { type: "warm-window" }],
      ];
    case "ring-over":
      return call.phase === "warm" && call.room === event.room ? close([]) : [calls, []];
    case "accepted":
      return accept(calls, event);
    case "intent-changed":
      return changeIntent(calls, event.intent);
    case "swap-asked":
      return swap(calls);
    case "leave-asked":
      return leave(calls);
    case "window-gone": {
      const [next, effects] = leave(calls);
      // What was held is not to go on unseen.
      return [next, calls.held ? [...effects, { type: "show-window" }] : effects];
    }
    case "given-up":
      return giveUp(calls, event.room);
    case "membership":
      return membership(calls, event.room, event.status, event.now);
    case "left":
      return call.phase === "leaving" && call.room === event.room ? [noCalls, []] : [calls, []];
    case "trouble":
      return call.phase === "lobby" ? [{ ...calls, call: { ...call, error: event.code } }, []] : [calls, []];
    case "ended":
      return ended(calls, event.room, event.code);
    case "signed-out":
      if (call.phase === "idle") return [calls, []];
      return close([call, calls.held].flatMap((one) => (one && isOn(one) ? [one.room] : [])));
  }
}

function open(
  calls: Calls,
  { room, intent, at }: { room: RoomId; intent: CallIntent; at: "lobby" | "once" },
): CallStep {
  const { call } = calls;
  if (isBusy(calls, room)) return [calls, []];
  if (isOn(call)) return [calls, [{ type: "show-window" }]];
  if (at === "once") return begin(calls, room, intent);
  return [
    { call: { phase: "lobby", room, intent, error: null }, held: null },
    [{ type: "prepare", room }, { type: "show-window" }],
  ];
}

/** Enters the call, with whatever is held as it is. */
function join(calls: Calls, room: RoomId, intent: CallIntent): CallStep {
  return [{ ...calls, call: { phase: "joining", room, intent } }, [{ type: "join", room, intent }]];
}

/** The same from anywhere: the membership first, which others wait for, and then the window. */
function begin(calls: Calls, room: RoomId, intent: CallIntent): CallStep {
  const [next, effects] = join(calls, room, intent);
  const { call } = calls;
  const ready = (call.phase === "warm" || call.phase === "lobby") && call.room === room;
  return [
    next,
    [...(ready ? [] : [{ type: "prepare", room } as const]), ...effects, { type: "show-window" }],
  ];
}

function accept(
  calls: Calls,
  { room, intent, other }: { room: RoomId; intent: CallIntent; other: "end" | "hold" | null },
): CallStep {
  const { call, held } = calls;
  if (held?.room === room) {
    const [next, effects] = swap(calls);
    return [next, [...effects, { type: "show-window" }]];
  }
  if (!isOn(call)) return begin({ call, held: null }, room, intent);
  if (call.room === room) return [calls, [{ type: "show-window" }]];
  if (other === "end") {
    const [next, effects] = begin(calls, room, intent);
    return [next, [{ type: "leave", room: call.room }, ...effects]];
  }
  // A third call would be forgotten.
  if (other === null || held) return [calls, []];
  return begin({ call, held: call }, room, intent);
}

function changeIntent(calls: Calls, intent: CallIntent): CallStep {
  const { call } = calls;
  if ((call.phase !== "lobby" && !isOn(call)) || call.intent === intent) return [calls, []];
  return [
    { ...calls, call: { ...call, intent } },
    isOn(call) ? [{ type: "set-intent", room: call.room, intent }] : [],
  ];
}

function swap(calls: Calls): CallStep {
  const { call, held } = calls;
  if (!held || !isOn(call)) return [calls, []];
  return [{ call: held, held: call }, [{ type: "prepare", room: held.room }]];
}

function leave(calls: Calls): CallStep {
  const { call } = calls;
  if (call.phase === "lobby" || call.phase === "warm" || call.phase === "over") return close([]);
  if (!isOn(call)) return [calls, []];
  const effect = { type: "leave", room: call.room } as const;
  if (calls.held) return back(calls.held, [effect]);
  // The window goes at once: nobody waits for a server to hang up.
  return [
    { call: { phase: "leaving", room: call.room, intent: call.intent }, held: null },
    [effect, { type: "close-window" }],
  ];
}

function giveUp(calls: Calls, room: RoomId): CallStep {
  const { call, held } = calls;
  const effect = { type: "leave", room } as const;
  if (held?.room === room) return [{ call, held: null }, [effect]];
  if (!isOn(call) || call.room !== room) return [calls, []];
  if (held) return back(held, [effect]);
  return [{ call: { phase: "over", room, intent: call.intent }, held: null }, [effect]];
}

function membership(
  calls: Calls,
  room: RoomId,
  status: "joining" | "live" | "unsure",
  now: number,
): CallStep {
  const { call, held } = calls;
  if (held?.room === room) return [{ call, held: health(held, status, now) }, []];
  if (!isOn(call) || call.room !== room) return [calls, []];
  return [{ call: health(call, status, now), held }, []];
}

function health(call: OnCall, status: "joining" | "live" | "unsure", now: number): OnCall {
  if (call.phase === "joining")
    return status === "live" ? { ...call, phase: "joined", joinedAt: now, membership: "live" } : call;
  // Joining again after the homeserver dropped us is, for others, not being there.
  return { ...call, membership: status === "live" ? "live" : "unsure" };
}

function ended(calls: Calls, room: RoomId, code: ErrorCode | null): CallStep {
  const { call, held } = calls;
  if (held?.room === room) return [{ call, held: null }, []];
  if (!isOn(call) || call.room !== room) return [calls, []];
  if (held) return back(held, []);
  // Back in the lobby with the reason, so that one click tries again.
  return [{ call: { phase: "lobby", room, intent: call.intent, error: code }, held: null }, []];
}

/** What was held is the call again. */
const back = (held: OnCall, effects: readonly CallEffect[]): CallStep => [
  { call: held, held: null },
  [...effects, { type: "prepare", room: held.room }],
];

const close = (rooms: readonly RoomId[]): CallStep => [
  noCalls,
  [...rooms.map((room) => ({ type: "leave", room }) as const), { type: "close-window" }],
];
