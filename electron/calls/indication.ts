import { isQuiet } from "../../shared/call/quiet.ts";
import type { AppState } from "../../shared/state/app-state.ts";
import type { Indicator, IndicatorState, Notifier } from "../ports.ts";
import type { Clock } from "../rtc/ports.ts";
import type { Store } from "../state/store.ts";
import { localTime } from "./local-time.ts";

export interface IndicationParts {
  readonly store: Store<AppState>;
  readonly indicator: Pick<Indicator, "show">;
  readonly notifier: Pick<Notifier, "clearMissed">;
  readonly clock: Clock;
}

/** Keeps tray, taskbar and dock at what the state says, and takes away what was said of missed calls once they were seen. */
export function indicate({ store, indicator, notifier, clock }: IndicationParts): void {
  let shown = indication(store.state, clock.now());
  indicator.show(shown);
  store.subscribe(() => {
    const next = indication(store.state, clock.now());
    if (JSON.stringify(next) === JSON.stringify(shown)) return;
    if (next.missed < shown.missed) notifier.clearMissed();
    shown = next;
    indicator.show(next);
  });
}

function indication({ session, rings, missed, call, settings }: AppState, now: number): IndicatorState {
  const [first] = rings;
  return {
    signedIn: session.phase === "signed-in",
    ringing: first ? { id: first.id, name: first.from.name, second: first.second } : null,
    missed,
    inCall: call?.phase === "joining" || call?.phase === "joined",
    quiet: isQuiet(settings.disturb, false, localTime(now)),
  };
}
