import type { ErrorCode } from "../errors.ts";
import type { RoomId } from "../matrix/ids.ts";
import type { CallIntent } from "../state/app-state.ts";

/** The one call of this app, from the click that opens its window to the end. */
export type Call =
  | { readonly phase: "idle" }
  | {
      readonly phase: "lobby";
      readonly room: RoomId;
      readonly intent: CallIntent;
      readonly error: ErrorCode | null;
    }
  | { readonly phase: "joining"; readonly room: RoomId; readonly intent: CallIntent }
  | {
      readonly phase: "joined";
      readonly room: RoomId;
      readonly intent: CallIntent;
      /** Epoch ms. */
      readonly joinedAt: number;
      readonly membership: "live" | "unsure";
    }
  | { readonly phase: "leaving"; readonly room: RoomId; readonly intent: CallIntent };

export type CallEvent =
  | { readonly type: "opened"; readonly room: RoomId; readonly intent: CallIntent }
  | { readonly type: "join-asked"; readonly intent: CallIntent }
  | { readonly type: "intent-changed"; readonly intent: CallIntent }
  | { readonly type: "leave-asked" | "window-gone" }
  /** What the engine says of our membership. */
  | { readonly type: "membership"; readonly status: "joining" | "live" | "unsure"; readonly now: number }
  /** Our own leave is done. It may come late, when the next call is under way. */
  | { readonly type: "left" }
  /** The engine cannot go on. */
  | { readonly type: "ended"; readonly code: ErrorCode | null }
  /** The lobby found that a join would fail. */
  | { readonly type: "trouble"; readonly code: ErrorCode }
  | { readonly type: "signed-out" };

export type CallEffect =
  /** Find the transport and a grant ahead of the click. */
  | { readonly type: "prepare"; readonly room: RoomId }
  | { readonly type: "join"; readonly room: RoomId; readonly intent: CallIntent }
  | { readonly type: "set-intent"; readonly intent: CallIntent }
  | { readonly type: "leave" }
  | { readonly type: "show-window" | "close-window" };

export const idle: Call = { phase: "idle" };

export type CallStep = readonly [Call, readonly CallEffect[]];

/** Whether another room's call may be opened now: nobody leaves a call by a stray click. */
export const isBusy = (call: Call, room: RoomId): boolean =>
  (call.phase === "joining" || call.phase === "joined") && call.room !== room;

/** The whole life of a call but its media and its wire. */
export function stepCall(call: Call, event: CallEvent): CallStep {
  switch (event.type) {
    case "opened":
      return open(call, event.room, event.intent);
    case "join-asked":
      if (call.phase !== "lobby") return [call, []];
      return [
        { phase: "joining", room: call.room, intent: event.intent },
        [{ type: "join", room: call.room, intent: event.intent }],
      ];
    case "intent-changed":
      if (call.phase === "idle" || call.phase === "leaving" || call.intent === event.intent)
        return [call, []];
      return [
        { ...call, intent: event.intent },
        call.phase === "lobby" ? [] : [{ type: "set-intent", intent: event.intent }],
      ];
    case "membership":
      return membership(call, event.status, event.now);
    case "leave-asked":
    case "window-gone":
      return leave(call);
    case "left":
      return [call.phase === "leaving" ? idle : call, []];
    case "trouble":
      return call.phase === "lobby" ? [{ ...call, error: event.code }, []] : [call, []];
    case "ended":
      return ended(call, event.code);
    case "signed-out":
      return call.phase === "idle" ? [call, []] : [idle, [{ type: "close-window" }]];
  }
}

function open(call: Call, room: RoomId, intent: CallIntent): CallStep {
  if (isBusy(call, room)) return [call, []];
  if (call.phase === "joining" || call.phase === "joined") return [call, [{ type: "show-window" }]];
  const lobby: Call = { phase: "lobby", room, intent, error: null };
  return [lobby, [{ type: "prepare", room }, { type: "show-window" }]];
}

function membership(call: Call, status: "joining" | "live" | "unsure", now: number): CallStep {
  if (call.phase === "joining") {
    return status === "live"
      ? [{ ...call, phase: "joined", joinedAt: now, membership: "live" }, []]
      : [call, []];
  }
  if (call.phase !== "joined") return [call, []];
  // Joining again after the homeserver dropped us is, for others, not being there.
  const health = status === "live" ? "live" : "unsure";
  return health === call.membership ? [call, []] : [{ ...call, membership: health }, []];
}

function leave(call: Call): CallStep {
  if (call.phase === "lobby") return [idle, [{ type: "close-window" }]];
  if (call.phase !== "joining" && call.phase !== "joined") return [call, []];
  // The window goes at once: nobody waits for a server to hang up.
  return [
    { phase: "leaving", room: call.room, intent: call.intent },
    [{ type: "leave" }, { type: "close-window" }],
  ];
}

function ended(call: Call, code: ErrorCode | null): CallStep {
  if (call.phase !== "joining" && call.phase !== "joined") return [call, []];
  // Back in the lobby with the reason, so that one click tries again.
  return [{ phase: "lobby", room: call.room, intent: call.intent, error: code }, []];
}
