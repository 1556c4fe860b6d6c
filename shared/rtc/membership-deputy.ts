import {
  DEPUTY_DELAY_MS,
  DEPUTY_HEARTBEAT_MS,
  DEPUTY_LOST_MS,
  isDeputed,
  type FailureKind,
  type OwnMembership,
  type Request,
} from "./membership-state.ts";

/** How long until a delegation that failed in passing is asked for again; nobody waits for it. */
const RETRY_MS = 30_000;
const TRIES = 5;

/*
 * Our leave, kept by whoever runs the SFU (MSC4195's delegated delayed leave, as deployed): they see that we are there, so that the homeserver need
 * not hear from us every few seconds, and others see us gone when our media are, not when our homeserver's patience is. Until they have
 * taken it, and whenever we are not on the SFU, our own short leave stands; at no moment is there none.
 */

/** Whether our own delayed leave must stand. */
export const wantsOwn = (state: OwnMembership): boolean =>
  !isDeputed(state) || isOffSfu(state) || state.deputies !== "yes";

/** What the delegation wants now; null where all is as it should be. */
export function deputyRequest(state: OwnMembership): Request | null {
  const { deputy, delay, deputies, delays, now } = state;
  if (deputy && (deputies !== "yes" || isOffSfu(state))) {
    // Only when ours stands again.
    return delay && !delay.doubted && now < delay.firesAt ? { kind: "cancel", delayId: deputy.id } : null;
  }
  if (deputies !== "yes" || delays !== "yes" || state.offSfuAt !== null) return null;
  if (!deputy) return { kind: "schedule-deputy", delayMs: DEPUTY_DELAY_MS };
  if (!deputy.taken) return { kind: "delegate", delayId: deputy.id, delayMs: DEPUTY_DELAY_MS };
  return delay && isDeputed(state) ? { kind: "cancel", delayId: delay.id } : null;
}

const isOffSfu = ({ offSfuAt, now }: OwnMembership): boolean =>
  offSfuAt !== null && now >= offSfuAt + DEPUTY_LOST_MS;

export function onSfu(state: OwnMembership, on: boolean): OwnMembership {
  if (on === (state.offSfuAt === null)) return state;
  if (!on) return { ...state, offSfuAt: state.now };
  return { ...state, offSfuAt: null, deputies: state.deputies === "lost" ? "yes" : state.deputies };
}

export const deputyScheduled = (state: OwnMembership, id: string, sentAt: number): OwnMembership => ({
  ...state,
  deputy: { id, ...beaten(sentAt), doubted: false, taken: false },
});

export const deputyRestarted = (state: OwnMembership, sentAt: number): OwnMembership => ({
  ...state,
  deputy: state.deputy && { ...state.deputy, ...beaten(sentAt), doubted: false },
});

const beaten = (sentAt: number) => ({
  firesAt: sentAt + DEPUTY_DELAY_MS,
  restartAt: sentAt + DEPUTY_HEARTBEAT_MS,
});

export const delegated = (state: OwnMembership, taken: boolean): OwnMembership =>
  taken
    ? { ...state, deputy: state.deputy && { ...state.deputy, taken: true } }
    : { ...state, deputies: "no" };

/** One of the requests that only delegation makes failed: at worst all stays as it was without. */
export function deputyFailed(
  state: OwnMembership,
  kind: "schedule-deputy" | "delegate" | "restart-deputy",
  failure: { readonly kind: FailureKind; readonly retryAfterMs: number | null },
): OwnMembership {
  const why = failure.kind;
  const passes = why === "offline" || why === "rate-limited";
  const tries = (state.waits[kind]?.tries ?? 0) + 1;
  if (passes && (kind === "restart-deputy" || tries < TRIES)) {
    const until = state.now + Math.max(RETRY_MS, failure.retryAfterMs ?? 0);
    // Not for the network alone: that another request came through says nothing of the service.
    return { ...state, waits: { ...state.waits, [kind]: { until, tries, why: "refused" } } };
  }
  // It has fired, or somebody called it off: if our event is gone, the room will say so.
  if (kind === "restart-deputy") return { ...state, deputy: null, deputies: "lost" };
  return { ...state, deputies: "no" };
}
