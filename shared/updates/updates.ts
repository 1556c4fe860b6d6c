/** How the app becomes a newer one: when it looks, fetches and installs. The end of it is in `electron/updates`. */

export const updateModes = ["automatic", "ask", "off"] as const;
export type UpdateMode = (typeof updateModes)[number];
export const updateChannels = ["latest", "beta"] as const;
export type UpdateChannel = (typeof updateChannels)[number];

export interface Release {
  readonly version: string;
  /** Plain text, as somebody else wrote it; may be empty. */
  readonly notes: string;
}

/** `damaged`: what the server gave is not what was released. `not-permitted`: this user may not replace the app. */
export type UpdateFailure = "unreachable" | "damaged" | "disk-full" | "not-permitted" | "failed";

export type UpdateStatus =
  | { readonly phase: "idle" | "checking" }
  | { readonly phase: "available" | "ready"; readonly release: Release }
  /** `percent`: 0–100, whole. */
  | { readonly phase: "downloading"; readonly release: Release; readonly percent: number }
  | { readonly phase: "failed"; readonly why: UpdateFailure };

export interface Updates {
  readonly mode: UpdateMode;
  readonly channel: UpdateChannel;
  /** In a call, or one rings. */
  readonly busy: boolean;
  readonly status: UpdateStatus;
  /** Epoch ms at which the server answered last. */
  readonly checkedAt: number | null;
  /** Counts the checks; what an older one still says is not heard. */
  readonly round: number;
  /** The version that the user was told of: they are told once. */
  readonly told: string | null;
  /** The user wants the app back after it is installed. */
  readonly restart: boolean;
}

export type UpdateEvent =
  /** At the start, and when the time that was `schedule`d is over. */
  | { readonly type: "due" | "check-asked" | "download-asked" | "restart-asked" }
  /** In the place of the first `due`: it looks later. */
  | { readonly type: "put-off" }
  /** All calls were left, and the app ends. */
  | { readonly type: "quitting" }
  | { readonly type: "busy-changed"; readonly busy: boolean }
  | { readonly type: "mode-set"; readonly mode: UpdateMode }
  | { readonly type: "channel-set"; readonly channel: UpdateChannel }
  | { readonly type: "found"; readonly round: number; readonly release: Release; readonly now: number }
  | { readonly type: "none-found"; readonly round: number; readonly now: number }
  | { readonly type: "progressed"; readonly round: number; readonly percent: number }
  | { readonly type: "downloaded"; readonly round: number }
  | { readonly type: "failed"; readonly round: number; readonly why: UpdateFailure };

export type UpdateEffect =
  | { readonly type: "check"; readonly round: number; readonly channel: UpdateChannel }
  | { readonly type: "download"; readonly round: number }
  /** Ends the check or the download that is under way. */
  | { readonly type: "cancel" }
  | { readonly type: "install"; readonly restart: boolean }
  /** `quitting` follows. */
  | { readonly type: "quit" }
  /** `due` follows; replaces what was scheduled. */
  | { readonly type: "schedule"; readonly ms: number }
  | { readonly type: "tell"; readonly what: UpdateNews };

export type UpdateNews = "update-available" | "update-ready";

type Step = readonly [Updates, readonly UpdateEffect[]];

/** Between two looks. */
export const CHECK_MS = 6 * 60 * 60_000;
/** After a failure: at login the network is often not there yet. */
export const RETRY_MS = 15 * 60_000;

/** `failed`: why the last run could not install what it had. */
export const newUpdates = (
  mode: UpdateMode,
  channel: UpdateChannel,
  failed: UpdateFailure | null = null,
): Updates => ({
  mode,
  channel,
  busy: false,
  status: failed === null ? { phase: "idle" } : { phase: "failed", why: failed },
  checkedAt: null,
  round: 0,
  told: null,
  restart: false,
});

export function stepUpdates(state: Updates, event: UpdateEvent): Step {
  if ("round" in event && event.round !== state.round) return [state, []];
  const { status, mode } = state;
  switch (event.type) {
    case "due":
      if (mode === "off") return [state, []];
      return also(canCheck(status) ? check(state) : [state, []], { type: "schedule", ms: CHECK_MS });
    case "put-off":
      return [state, mode === "off" ? [] : [{ type: "schedule", ms: CHECK_MS }]];
    case "check-asked":
      return canCheck(status) ? check(state) : [state, []];
    case "found": {
      if (status.phase !== "checking") return [state, []];
      const found: Updates = {
        ...state,
        checkedAt: event.now,
        status: { phase: "available", release: event.release },
      };
      return mode === "ask" ? tell(found, event.release, "update-available") : fetchAlone(found);
    }
    case "none-found":
      if (status.phase !== "checking") return [state, []];
      return [{ ...state, checkedAt: event.now, status: { phase: "idle" } }, []];
    case "download-asked":
      return status.phase === "available" ? download(state, status.release) : [state, []];
    case "progressed":
      if (status.phase !== "downloading" || status.percent === event.percent) return [state, []];
      return [{ ...state, status: { ...status, percent: event.percent } }, []];
    case "downloaded": {
      if (status.phase !== "downloading") return [state, []];
      const ready: Updates = { ...state, status: { phase: "ready", release: status.release } };
      return mode === "automatic" ? tell(ready, status.release, "update-ready") : [ready, []];
    }
    case "failed":
      if (status.phase !== "checking" && status.phase !== "downloading") return [state, []];
      return [
        { ...state, status: { phase: "failed", why: event.why } },
        mode === "off" ? [] : [{ type: "schedule", ms: RETRY_MS }],
      ];
    case "busy-changed":
      return event.busy === state.busy ? [state, []] : fetchAlone({ ...state, busy: event.busy });
    case "mode-set":
      return setMode(state, event.mode);
    case "channel-set":
      return setChannel(state, event.channel);
    case "restart-asked":
      if (status.phase !== "ready" || state.busy) return [state, []];
      return [{ ...state, restart: true }, [{ type: "quit" }]];
    case "quitting":
      // What was downloaded before the user turned updates off waits until they ask for it.
      if (status.phase !== "ready" || state.busy || (mode === "off" && !state.restart)) return [state, []];
      return [state, [{ type: "install", restart: state.restart }]];
  }
}

const canCheck = ({ phase }: UpdateStatus) => phase === "idle" || phase === "available" || phase === "failed";

const also = ([state, effects]: Step, effect: UpdateEffect): Step => [state, [...effects, effect]];

const tell = (state: Updates, { version }: Release, what: UpdateNews): Step =>
  state.told === version ? [state, []] : [{ ...state, told: version }, [{ type: "tell", what }]];

function check(state: Updates): Step {
  const round = state.round + 1;
  return [
    { ...state, round, status: { phase: "checking" } },
    [{ type: "check", round, channel: state.channel }],
  ];
}

const download = (state: Updates, release: Release): Step => [
  { ...state, status: { phase: "downloading", release, percent: 0 } },
  [{ type: "download", round: state.round }],
];

/** Unasked, nothing is fetched during a call: it needs the network more. One that has begun goes on. */
const fetchAlone = (state: Updates): Step =>
  state.mode === "automatic" && state.status.phase === "available" && !state.busy
    ? download(state, state.status.release)
    : [state, []];

/** Forgets what was found, under way or ready. */
function giveUp(state: Updates): Step {
  const { phase } = state.status;
  return [
    { ...state, round: state.round + 1, status: { phase: "idle" } },
    phase === "checking" || phase === "downloading" ? [{ type: "cancel" }] : [],
  ];
}

function setMode(state: Updates, mode: UpdateMode): Step {
  if (mode === state.mode) return [state, []];
  const { phase } = state.status;
  const set = { ...state, mode };
  if (mode === "off") return phase === "checking" || phase === "downloading" ? giveUp(set) : [set, []];
  return state.mode === "off" ? stepUpdates(set, { type: "due" }) : fetchAlone(set);
}

function setChannel(state: Updates, channel: UpdateChannel): Step {
  if (channel === state.channel) return [state, []];
  const [given, effects] = giveUp({ ...state, channel });
  if (given.mode === "off") return [given, effects];
  const [next, more] = stepUpdates(given, { type: "due" });
  return [next, [...effects, ...more]];
}
