import type { CallIntent } from "../state/app-state.ts";
import { done, failed, newcomer, seen, withoutWaits } from "./membership-answers.ts";
import { joinRequest } from "./membership-content.ts";
import { deputyRequest, onSfu, wantsOwn } from "./membership-deputy.ts";
import { answered, endedBy, supplanted } from "./membership-end.ts";
import {
  DELAY_MS,
  delayIdsOf,
  ECHO_MS,
  isDeputed,
  renewAt,
  type MembershipEvent,
  type OwnMembership,
  type Request,
  type Self,
  type Stale,
  type Step,
} from "./membership-state.ts";

export interface Entry {
  readonly self: Self;
  readonly intent: CallIntent;
  readonly nonce: string;
  /** What killed runs left behind. */
  readonly stale: readonly Stale[];
  readonly now: number;
}

export function enter({ self, intent, nonce, stale, now }: Entry): Step {
  return decide({
    self,
    intent,
    nonce,
    stale,
    deputy: null,
    deputies: "yes",
    offSfuAt: now,
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
    cameAt: null,
    events: [],
    seen: { ours: null, redacted: null, twinAt: null, at: 0 },
    mayStand: stale.length > 0,
    lost: { at: 0, times: 0 },
    inFlight: null,
    waits: {},
  });
}

export function stepMembership(before: OwnMembership, event: MembershipEvent): Step {
  const state = { ...before, now: event.now };
  const [after, effects] = state.ended === null ? stepped(state, event) : over(state, event);
  const kept = delayIdsOf(before);
  const keeps = delayIdsOf(after);
  if (kept.length === keeps.length && kept.every((id, at) => id === keeps[at])) return [after, effects];
  return [after, [{ type: "remember", delayIds: keeps }, ...effects]];
}

function over(state: OwnMembership, event: MembershipEvent): Step {
  const isAnswer = event.type === "done" || event.type === "failed";
  if (!isAnswer || state.ended === null || state.ended === "left") return [state, []];
  return state.inFlight?.request === event.request
    ? answered(state.ended, state, event.type === "done" ? event : {})
    : [state, []];
}

function stepped(state: OwnMembership, event: MembershipEvent): Step {
  switch (event.type) {
    case "time":
      return decide(state);
    case "leave":
      return decide({ ...state, want: "out" });
    case "intent":
      return decide({ ...state, intent: event.intent });
    case "newcomer":
      return decide(newcomer(state));
    case "wake":
      return decide({
        ...withoutWaits(state),
        delay: state.delay && { ...state.delay, restartAt: state.now },
        deputy: state.deputy && { ...state.deputy, restartAt: state.now },
      });
    case "on-sfu":
      return decide(onSfu(state, event.on));
    case "room-left":
      return endedBy("room-left", state);
    case "seen": {
      const { ours, redacted, twinAt } = event;
      return decide(seen({ ...state, seen: { ours, redacted, twinAt, at: state.now } }));
    }
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
  if (state.ended !== null) return [state, []];
  if (state.want === "in") {
    // Also while we wait for an answer: whoever was removed is not to stand there a moment longer.
    const code = supplanted(state);
    if (code) return endedBy(code, state);
  }
  if (state.inFlight) return [state, []];
  const next = state.want === "in" ? toStay(state) : toGo(state);
  if (next === "left")
    return [{ ...state, ended: "left", delay: null, deputy: null, stale: [], member: null }, []];
  if (!next || (state.waits[next.kind]?.until ?? 0) > state.now) return [state, []];
  const mayStand = state.mayStand || next.kind === "join";
  return [
    { ...state, mayStand, inFlight: { request: next, at: state.now } },
    [{ type: "request", request: next }],
  ];
}

function toStay(state: OwnMembership): Request | null {
  const { delay, deputy, member, now, waits } = state;
  const ready = (kind: Request["kind"]) => (waits[kind]?.until ?? 0) <= now;
  if (delay && now >= delay.restartAt && ready("restart")) return { kind: "restart", delayId: delay.id };
  if (deputy && now >= deputy.restartAt && ready("restart-deputy")) {
    return { kind: "restart-deputy", delayId: deputy.id };
  }
  if (!delay && state.delays !== "no" && wantsOwn(state) && ready("schedule")) {
    return { kind: "schedule", delayMs: state.delayMs };
  }
  // Without a living delayed leave, nothing that would stand for hours if we were killed now.
  const living = (delay !== null && !delay.doubted && now < delay.firesAt) || isDeputed(state);
  if (!living && (delay !== null || state.delays === "yes")) return null;
  const [stale] = state.stale;
  if (stale) return ready(stale.end) ? { kind: stale.end, delayId: stale.delayId } : null;
  if (!member) return joinRequest(state, null);
  const past = (at: number | null) => at !== null && now >= at;
  const due = past(renewAt(state, member)) || past(member.doubtAt) || past(member.repeatAt);
  // An update in legacy repeats when we came, which our own event must tell us first, by its server's clock.
  const told = state.self.form === "sticky" || member.createdAt !== null || now >= member.since + ECHO_MS;
  const writes = (due || member.intent !== state.intent) && told && ready("join");
  return writes ? joinRequest(state, member) : deputyRequest(state);
}

function toGo(state: OwnMembership): Request | "left" | null {
  const { delay, deputy, now } = state;
  const fired = delay !== null && now >= delay.firesAt;
  const id = (fired ? null : delay?.id) ?? deputy?.id;
  // Whatever is left would fire into the next stay.
  if (!state.mayStand || fired) return id === undefined ? "left" : { kind: "cancel", delayId: id };
  return id === undefined ? { kind: "leave" } : { kind: "fire", delayId: id };
}
