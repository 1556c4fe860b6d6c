import { delayIdsOf, type OwnMembership, type Request, type Step } from "./membership-state.ts";

/** How a stay ends that we did not end. */
export type Ending = "call-removed" | "call-elsewhere" | "call-forbidden" | "room-left";

/** Whether what the room says ends our stay, and why. */
export function supplanted(state: OwnMembership): Ending | null {
  const { seen, events, cameAt } = state;
  // Whoever may take our event away may also keep us out: a new one of ours would only be a quarrel.
  if (seen.redacted !== null && events.includes(seen.redacted)) return "call-removed";
  // Of two copies of the app on one device the one that came last stays: nobody can tell them apart on the SFU. Who had to come anew, because
  // the other's coming took their event away, did not come later for that: each would give way to the other.
  return cameAt !== null && seen.twinAt !== null && seen.twinAt > cameAt ? "call-elsewhere" : null;
}

/** Over at once, for whoever looks; what may stand or fire on the server is seen to once no answer is due that could undo it. */
export function endedBy(code: Ending, state: OwnMembership): Step {
  const ended = { ...state, ended: code, member: null };
  return WAITED_FOR.includes(state.inFlight?.request.kind) ? [ended, []] : parted(code, ended);
}

/** Their answers change what may stand or fire. */
const WAITED_FOR: readonly (Request["kind"] | undefined)[] = ["join", "schedule", "schedule-deputy"];

/** The answer that an end had to wait for. */
export function answered(code: Ending, state: OwnMembership, came: { readonly delayId?: string }): Step {
  const { inFlight, delay, deputy, now } = state;
  const { delayId } = came;
  const late = delayId === undefined ? null : { id: delayId, firesAt: now, restartAt: now, doubted: false };
  const lateDeputy = inFlight?.request.kind === "schedule-deputy" && late ? { ...late, taken: false } : null;
  // Our event stands over whoever came after us.
  const overwrote = code === "call-elsewhere" && inFlight?.request.kind === "join";
  return parted(overwrote ? "call-removed" : code, {
    ...state,
    delay: lateDeputy ? delay : (delay ?? late),
    deputy: deputy ?? lateDeputy,
  });
}

/** Nobody waits for these requests: at worst the server does it later. */
const parted = (code: Ending, state: OwnMembership): Step => [
  { ...state, delay: null, deputy: null, stale: [], inFlight: null },
  lastRequests(code, state).map((request) => ({ type: "request", request }) as const),
];

function lastRequests(code: Ending, state: OwnMembership): readonly Request[] {
  const { self, mayStand } = state;
  const ids = delayIdsOf(state);
  const all = (kind: "cancel" | "fire") => ids.map((delayId) => ({ kind, delayId }) as const);
  // What is fired could not be sent any more.
  if (code === "room-left") return all("cancel");
  // Theirs is the same state key, but not the same sticky one.
  if (code === "call-elsewhere" && self.form === "legacy") return all("cancel");
  if (ids.length > 0) return all("fire");
  // An earlier sticky event of ours may come to count again where the last one was taken away.
  return mayStand && (self.form === "sticky" || code !== "call-removed") ? [{ kind: "leave" }] : [];
}
