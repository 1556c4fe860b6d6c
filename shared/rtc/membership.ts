import type { CallIntent } from "../state/app-state.ts";
import { NONCE } from "./member-event.ts";
import { done, failed, seen, withoutWaits } from "./membership-answers.ts";
import {
  DELAY_MS,
  ECHO_MS,
  EXPIRES_MS,
  nonceOf,
  RENEW_AHEAD_MS,
  renewAt,
  type MembershipEvent,
  type OwnMembership,
  type Request,
  type Self,
  type Standing,
  type Step,
} from "./membership-state.ts";

export interface Entry {
  readonly self: Self;
  readonly intent: CallIntent;
  readonly nonce: string;
  /** Delay id that a killed run left behind. */
  readonly stale: string | null;
  readonly now: number;
}

export function enter({ self, intent, nonce, stale, now }: Entry): Step {
  return decide({
    self,
    intent,
    nonce,
    stale,
    now,
    want: "in",
    ended: null,
    trouble: null,
    joinedAt: null,
    round: 0,
    delay: null,
    delayMs: DELAY_MS,
    delays: "yes",
    member: null,
    seen: { ours: null, at: 0 },
    mayStand: stale !== null,
    lost: { at: 0, times: 0 },
    inFlight: null,
    waits: {},
  });
}

export function stepMembership(before: OwnMembership, event: MembershipEvent): Step {
  const state = { ...before, now: event.now };
  if (state.ended !== null) return [state, []];
  switch (event.type) {
    case "time":
      return decide(state);
    case "leave":
      return decide({ ...state, want: "out" });
    case "intent":
      return decide({ ...state, intent: event.intent });
    case "wake":
      return decide({
        ...withoutWaits(state),
        delay: state.delay && { ...state.delay, restartAt: state.now },
      });
    case "seen":
      return decide(seen({ ...state, seen: { ours: event.ours, at: state.now } }));
    case "done":
    case "failed": {
      if (state.inFlight?.request !== event.request) return [state, []];
      const free = { ...state, inFlight: null };
      const [next, effects] =
        event.type === "done" ? done(free, event, state.inFlight.at) : failed(free, event);
      const [decided, more] = decide(next);
      return [decided, [...effects, ...more]];
    }
  }
}

/** One request at a time, the most urgent first, so that no answer can overtake another. */
function decide(state: OwnMembership): Step {
  if (state.inFlight || state.ended !== null) return [state, []];
  const next = state.want === "in" ? toStay(state) : toGo(state);
  if (next === "left") {
    return [{ ...state, ended: "left", delay: null, member: null }, [{ type: "remember", delayId: null }]];
  }
  if (!next || (state.waits[next.kind]?.until ?? 0) > state.now) return [state, []];
  const mayStand = state.mayStand || next.kind === "join";
  return [
    { ...state, mayStand, inFlight: { request: next, at: state.now } },
    [{ type: "request", request: next }],
  ];
}

function toStay(state: OwnMembership): Request | null {
  const { delay, member, now, waits } = state;
  const ready = (kind: Request["kind"]) => (waits[kind]?.until ?? 0) <= now;
  if (delay && now >= delay.restartAt && ready("restart")) return { kind: "restart", delayId: delay.id };
  if (!delay && state.delays !== "no" && ready("schedule")) {
    return { kind: "schedule", delayMs: state.delayMs };
  }
  // Without a living delayed leave, nothing that would stand for hours if we were killed now.
  const living = delay !== null && !delay.doubted && now < delay.firesAt;
  if (delay ? !living : state.delays === "yes") return null;
  if (state.stale !== null && ready("cancel")) return { kind: "cancel", delayId: state.stale };
  if (state.stale !== null) return null;
  if (!member) return joinRequest(state, null);
  const due = now >= renewAt(member) || (member.doubtAt !== null && now >= member.doubtAt);
  if (!due && member.intent === state.intent) return null;
  // An update repeats when we came, which our own event must tell us first, by its server's clock.
  return member.createdAt !== null || now >= member.since + ECHO_MS ? joinRequest(state, member) : null;
}

function toGo(state: OwnMembership): Request | "left" | null {
  const { delay, now } = state;
  if (!state.mayStand) return delay ? { kind: "cancel", delayId: delay.id } : "left";
  if (delay && now >= delay.firesAt) return "left";
  const ready = (state.waits.fire?.until ?? 0) <= now;
  if (delay) return ready ? { kind: "fire", delayId: delay.id } : null;
  return { kind: "leave" };
}

/** As deployed clients read it; updates carry `created_ts`, and `expires` counts from there. */
function joinRequest(state: OwnMembership, member: Standing | null): Request {
  const { room, user, device, serviceUrl } = state.self;
  const stayed = member ? state.now - member.since : 0;
  const expiresMs = EXPIRES_MS * Math.max(1, Math.ceil((stayed + 2 * RENEW_AHEAD_MS) / EXPIRES_MS));
  // A doubted event is sent as it was: if it stands, the server takes it for the same.
  const repeats = member?.createdAt === null && member.intent === state.intent;
  const content = {
    application: "m.call",
    call_id: "",
    scope: "m.room",
    device_id: device,
    membershipID: `${user}:${device}`,
    expires: expiresMs,
    "m.call.intent": state.intent,
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [{ type: "livekit", livekit_service_url: serviceUrl, livekit_alias: room }],
    [NONCE]: nonceOf(state),
    ...(member && !repeats ? { created_ts: member.createdAt ?? member.since } : {}),
  };
  return { kind: "join", content, expiresMs, intent: state.intent };
}
