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

export function done(
  state: OwnMembership,
  { request, delayId }: { readonly request: Request; readonly delayId?: string },
  sentAt: number,
): Step {
  const { now } = state;
  const going = cleared(state, request.kind);
  switch (request.kind) {
    case "schedule": {
      const id = delayId ?? "";
      const delay = {
        id,
        firesAt: sentAt + request.delayMs,
        restartAt: now + heartbeatOf(state),
        doubted: false,
      };
      return [{ ...going, delay, delays: "yes" }, [{ type: "remember", delayId: state.stale ?? id }]];
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
      return cancelled(going, request.delayId);
    case "join": {
      const createdAt = state.member?.createdAt ?? echoOf(state)?.sentAt ?? null;
      const doubted = createdAt === null && state.seen.at >= sentAt;
      const member: Standing = {
        intent: request.intent,
        since: state.member?.since ?? now,
        createdAt,
        expiresMs: request.expiresMs,
        doubtAt: doubted ? now + ECHO_MS : null,
      };
      // Some servers cancel a delayed event when its own sender writes there: a restart at once tells.
      const delay = state.delay && { ...state.delay, restartAt: now };
      return [{ ...going, member, delay, joinedAt: state.joinedAt ?? now }, []];
    }
    case "fire":
    case "leave":
      return [{ ...going, mayStand: false, delay: null }, []];
  }
}

type Failed = Extract<MembershipEvent, { readonly type: "failed" }>;

export function failed(state: OwnMembership, failure: Failed): Step {
  const { request, kind } = failure;
  if (kind === "offline" || kind === "rate-limited") {
    // A leave that the server will not take this way it may take the other.
    if (kind === "rate-limited" && request.kind === "fire") return [{ ...state, delay: null }, []];
    return [waiting(state, failure), []];
  }
  switch (request.kind) {
    case "schedule":
      return [notScheduled(state, failure), []];
    case "restart":
      return [notRestarted(state, failure), []];
    case "cancel":
      return cancelled(state, request.delayId);
    case "fire":
      return [{ ...state, delay: null }, []];
    case "leave":
      return [{ ...state, mayStand: false }, []];
    case "join": {
      if (kind !== "forbidden") return [waiting(state, failure), []];
      const ended = { ...state, ended: "call-forbidden" as const, member: null, delay: null };
      const forget = { type: "remember", delayId: null } as const;
      // An event of ours may stand all the same. Nobody waits for the answer: at worst it fires later.
      const fire = state.delay && ({ kind: "fire", delayId: state.delay.id } as const);
      return [ended, fire ? [{ type: "request", request: fire }, forget] : [forget]];
    }
  }
}

function cancelled(state: OwnMembership, delayId: string): Step {
  if (delayId !== state.stale) return [{ ...state, delay: null }, []];
  return [{ ...state, stale: null }, [{ type: "remember", delayId: state.delay?.id ?? null }]];
}

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
const rejoining = (state: OwnMembership): OwnMembership => ({
  ...state,
  member: null,
  round: state.round + (state.member ? 1 : 0),
});

const echoOf = (state: OwnMembership): Echo | null =>
  state.seen.ours?.nonce === nonceOf(state) ? state.seen.ours : null;

export function seen(state: OwnMembership): OwnMembership {
  const { member, now, lost } = state;
  if (!member || state.want === "out") return state;
  const echo = echoOf(state);
  if (echo)
    return { ...state, member: { ...member, createdAt: member.createdAt ?? echo.sentAt, doubtAt: null } };
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
  };
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
