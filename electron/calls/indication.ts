import { nextQuietChangeAt, quietBy } from "../../shared/call/quiet.ts";
import type { AppState } from "../../shared/state/app-state.ts";
import type { Indicator, IndicatorState, Notifier } from "../ports.ts";
import type { Clock } from "../rtc/ports.ts";
import { Timer } from "../rtc/timer.ts";
import type { Store } from "../state/store.ts";
import { localTime } from "./local-time.ts";

/** How often (ms) to look whether quiet hours began or ended: a clock may be set, and a machine that sleeps stops timers. */
const LOOK_MS = 600_000;

export interface IndicationParts {
  readonly store: Store<AppState>;
  readonly indicator: Pick<Indicator, "show">;
  readonly notifier: Pick<Notifier, "clearMissed">;
  readonly clock: Clock;
}

/** Keeps tray, taskbar and dock at what the state says, and takes away what was said of missed calls once they were seen. */
export function indicate({ store, indicator, notifier, clock }: IndicationParts): void {
  let shown: IndicatorState | null = null;
  const look = () => {
    const now = clock.now();
    const next = indication(store.state, now);
    timer.set(lookAt(store.state, now));
    if (JSON.stringify(next) === JSON.stringify(shown)) return;
    if (shown && next.missed < shown.missed) notifier.clearMissed();
    shown = next;
    indicator.show(next);
  };
  const timer = new Timer(clock, look);
  look();
  store.subscribe(look);
}

/** Epoch ms. */
function lookAt({ settings }: AppState, now: number): number | null {
  const change = nextQuietChangeAt(settings.disturb, localTime(now));
  return change && Math.min(change, (Math.floor(now / LOOK_MS) + 1) * LOOK_MS);
}

function indication({ session, rings, missed, call, settings }: AppState, now: number): IndicatorState {
  const [first] = rings;
  return {
    signedIn: session.phase === "signed-in",
    ringing: first ? { id: first.id, name: first.from.name, second: first.second } : null,
    missed,
    inCall: call?.phase === "joining" || call?.phase === "joined",
    quiet: quietBy(settings.disturb, localTime(now)),
  };
}
