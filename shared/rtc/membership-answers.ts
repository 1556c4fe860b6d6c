import type { EventId } from "../matrix/ids.ts";
import { delegated, deputyFailed, deputyRestarted, deputyScheduled } from "./membership-deputy.ts";
import { endedBy } from "./membership-end.ts";
import {
  ECHO_MS,
  heartbeatOf,
  nonceOf,
  type Echo,
  type MembershipEvent,
  type OwnMembership,
  type Request,
  type Standing,
  type Step,
  type Wait,
} from "./membership-state.ts";

/** A delayed leave shorter than this would fire between two heartbeats. */
const SHORTEST_DELAY_MS = 3_000;
const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 5_000];
/** Where the server does not say how long. */
const RATE_LIMIT_MS = 5_000;
const LONGEST_RATE_LIMIT_MS = 60_000;
/** Spacing of rejoins when somebody keeps removing us. */
const REJOIN_MS = [0, 1_000, 2_000, 5_000, 10_000, 30_000];
const STABLE_MS = 60_000;
/** While our event stands, whether we may write again is asked so often. */
const FORBIDDEN_MS = 60_000;
/** Newcomers come in crowds: one sending serves all of a while. */
const NEWCOMER_MS = 1_000;
const NEWCOMER_SPACING_MS = 20_000;
const EVENTS_KEPT = 8;

export function done(
  state: OwnMembership,
  {
    request,
    delayId,
    eventId,
    taken = false,
  }: {
    readonly request: Request;
    readonly delayId?: string;
    readonly eventId?: EventId;
    readonly taken?: boolean;
  },
  sentAt: number,
): Step {
  const { now } = state;
  const going = cleared(state, request.kind);
  switch (request.kind) {
    case "schedule": {
      const delay = {
        id: delayId ?? "",
        firesAt: sentAt + request.delayMs,
        restartAt: now + heartbeatOf(state),
        doubted: false,
      };
      return [{ ...going, delay, delays: "yes" }, []];
    }
    case "restart": {
      const { delay } = state;
      if (!delay) return [going, []];
      const restarted = {
        ...delay,
        firesAt: sentAt + state.delayMs,
        restartAt: sentAt + heartbeatOf(state),
        doubted: false,
      };
      return [{ ...going, delay: restarted }, []];
    }
    case "cancel":
      return [without(going, request.delayId), []];
    case "schedule-deputy":
      return [deputyScheduled(going, delayId ?? "", sentAt), []];
    case "restart-deputy":
      return [deputyRestarted(going, sentAt), []];
    case "delegate":
      return [delegated(going, taken), []];
    case "join": {
      const createdAt = state.member?.createdAt ?? echoOf(state)?.sentAt ?? null;
      const doubted = createdAt === null && state.seen.at >= sentAt;
      const since = state.member?.since ?? now;
      const member: Standing = {
        intent: request.intent,
        since,
        createdAt,
        endsAt: (state.self.form === "sticky" ? sentAt : since) + request.lastsMs,
        doubtAt: doubted ? now + ECHO_MS : null,
        repeatAt: null,
        repeatedAt: state.member?.repeatAt == null ? (state.member?.repeatedAt ?? null) : sentAt,
      };
      // Some servers cancel a delayed event when its own sender writes there: a restart at once tells.
      const delay = state.delay && { ...state.delay, restartAt: now };
      const deputy = state.deputy && { ...state.deputy, restartAt: now };
      const cameAt = state.cameAt ?? createdAt;
      const events = eventId === undefined ? state.events : [...state.events.slice(1 - EVENTS_KEPT), eventId];
      return [{ ...going, member, delay, deputy, cameAt, events, joinedAt: state.joinedAt ?? now }, []];
    }
    case "fire":
      // Of a killed run, and so of another place than ours.
      if (state.stale.some((one) => one.delayId === request.delayId))
        return [without(going, request.delayId), []];
      return [{ ...without(going, request.delayId), mayStand: false }, []];
    case "leave":
      return [{ ...going, mayStand: false, delay: null }, []];
  }
}

type Failed = Extract<MembershipEvent, { readonly type: "failed" }>;

export function failed(state: OwnMembership, failure: Failed): Step {
  const { request, kind } = failure;
  if (isOfDeputy(request.kind)) return [deputyFailed(state, request.kind, failure), []];
  if (kind === "offline" || kind === "rate-limited") {
    // A leave that the server will not take this way it may take the other.
    if (kind === "rate-limited" && request.kind === "fire" && state.want === "out")
      return [without(state, request.delayId), []];
    return [waiting(state, failure), []];
  }
  switch (request.kind) {
    case "schedule":
      return [notScheduled(state, failure), []];
    case "restart":
      return [notRestarted(state, failure), []];
    case "cancel":
    case "fire":
      return [without(state, request.delayId), []];
    case "leave":
      return [{ ...state, mayStand: false }, []];
    case "join": {
      if (kind !== "forbidden") return [waiting(state, failure), []];
      if (!state.member) return endedBy("call-forbidden", state);
      // What we said before goes on being true until it ends.
      const wait: Wait = { until: state.now + FORBIDDEN_MS, tries: 0, why: kind };
      return [{ ...state, waits: { ...state.waits, join: wait } }, []];
    }
  }
}

function without(state: OwnMembership, delayId: string): OwnMembership {
  if (state.delay?.id === delayId) return { ...state, delay: null };
  if (state.deputy?.id === delayId) return { ...state, deputy: null };
  return { ...state, stale: state.stale.filter((one) => one.delayId !== delayId) };
}

const isOfDeputy = (kind: Request["kind"]) =>
  kind === "schedule-deputy" || kind === "delegate" || kind === "restart-deputy";

function notScheduled(state: OwnMembership, failure: Failed): OwnMembership {
  if (failure.kind === "too-long") {
    const told = failure.maxDelayMs ?? state.delayMs;
    const delayMs = told < state.delayMs ? told : Math.floor(state.delayMs / 2);
    return delayMs >= SHORTEST_DELAY_MS ? { ...state, delayMs } : { ...state, delays: "no" };
  }
  if (failure.kind === "refused") return { ...waiting(state, failure), delays: "refused" };
  return { ...state, delays: "no" };
}

function notRestarted(state: OwnMembership, failure: Failed): OwnMembership {
  const fired = state.delay !== null && state.now >= state.delay.firesAt;
  const gone: OwnMembership = {
    ...state,
    delay: null,
    delays: failure.kind === "unsupported" ? "no" : state.delays,
  };
  // Before its time it cannot have fired: somebody's write cancelled it, and our event may well stand.
  return fired ? rejoining(gone) : gone;
}

/** The next join is a new stay. */
function rejoining(state: OwnMembership): OwnMembership {
  const { join, ...others } = state.waits;
  const waits = join?.why === "forbidden" ? others : state.waits;
  return { ...state, member: null, round: state.round + (state.member ? 1 : 0), waits };
}

const echoOf = (state: OwnMembership): Echo | null =>
  state.seen.ours?.nonce === nonceOf(state) ? state.seen.ours : null;

export function seen(state: OwnMembership): OwnMembership {
  const { member, now, lost } = state;
  if (!member || state.want === "out") return state;
  const echo = echoOf(state);
  if (echo) {
    const createdAt = member.createdAt ?? echo.sentAt;
    const cameAt = state.cameAt ?? createdAt;
    return { ...state, cameAt, member: { ...member, createdAt, doubtAt: null } };
  }
  // Not seen yet: this may be older than our event.
  if (member.createdAt === null) {
    return { ...state, member: { ...member, doubtAt: member.doubtAt ?? now + ECHO_MS } };
  }
  const times = now - lost.at < STABLE_MS ? lost.times + 1 : 0;
  const until = now + (REJOIN_MS[Math.min(times, REJOIN_MS.length - 1)] ?? 0);
  return {
    ...rejoining(state),
    lost: { at: now, times },
    waits: { ...state.waits, join: { until, tries: 0, why: "refused" } },
    // Whoever overwrote our event may have cancelled the delayed leave.
    delay: state.delay && { ...state.delay, restartAt: now, doubted: true },
    deputy: state.deputy && { ...state.deputy, restartAt: now, doubted: true },
  };
}

/** In encrypted rooms a sticky event can be read by those who were there when it was sent. */
export function newcomer(state: OwnMembership): OwnMembership {
  const { self, member, now } = state;
  if (self.form !== "sticky" || !member || member.repeatAt !== null) return state;
  const repeatAt = Math.max(now + NEWCOMER_MS, (member.repeatedAt ?? -Infinity) + NEWCOMER_SPACING_MS);
  return { ...state, member: { ...member, repeatAt } };
}

function waiting(state: OwnMembership, { request, kind, retryAfterMs }: Failed): OwnMembership {
  const tries = state.waits[request.kind]?.tries ?? 0;
  const backoff = BACKOFF_MS[Math.min(tries, BACKOFF_MS.length - 1)] ?? 0;
  const span =
    kind === "rate-limited" ? Math.min(retryAfterMs ?? RATE_LIMIT_MS, LONGEST_RATE_LIMIT_MS) : backoff;
  const wait: Wait = { until: state.now + span, tries: tries + 1, why: kind };
  const trouble = kind === "offline" || kind === "rate-limited" ? kind : "server-error";
  return { ...state, trouble, waits: { ...state.waits, [request.kind]: wait } };
}

/** An answer of this kind came; also, the network is there for the others. */
function cleared(state: OwnMembership, kind: Request["kind"]): OwnMembership {
  const { [kind]: _, ...others } = state.waits;
  return withoutWaits({ ...state, waits: others });
}

export const withoutWaits = (state: OwnMembership): OwnMembership => ({
  ...state,
  trouble: null,
  waits: Object.fromEntries(Object.entries(state.waits).filter(([, { why }]) => why !== "offline")),
});
