import { isQuiet } from "../../shared/call/quiet.ts";
import type { AppState } from "../../shared/state/app-state.ts";
import type { IndicatorState } from "../ports.ts";
import { localTime } from "./local-time.ts";

/** What tray, taskbar and dock show. */
export function indication(
  { session, rings, missed, call, settings }: AppState,
  now: number,
): IndicatorState {
  const [first] = rings;
  return {
    signedIn: session.phase === "signed-in",
    ringing: first ? { id: first.id, name: first.from.name, second: first.second } : null,
    missed,
    inCall: call?.phase === "joining" || call?.phase === "joined",
    quiet: isQuiet(settings.disturb, false, localTime(now)),
  };
}
