import * as v from "valibot";

import type { AppState } from "../../shared/state/app-state.ts";
import type { UpdateFailure, UpdateNews } from "../../shared/updates/updates.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../rtc/ports.ts";
import type { Database } from "../state/database.ts";
import type { Store } from "../state/store.ts";
import { Updates, type InstallerPort } from "./updates.ts";

export interface StartParts {
  readonly store: Store<AppState>;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly open: () => Promise<InstallerPort>;
  readonly notify: (news: UpdateNews) => void;
  readonly quit: () => void;
  readonly relaunch: () => void;
}

/** Why the last install failed. */
const FAILED = "update-failed";
const failures = v.nullish(
  v.picklist([
    "unreachable",
    "damaged",
    "disk-full",
    "not-permitted",
    "failed",
  ] satisfies readonly UpdateFailure[]),
  null,
);

/** Begins the loop of updates and keeps it in step with the settings and with the calls. Null where the company wants none. */
export function startUpdates(parts: StartParts): Updates | null {
  const { store, database, clock, log, open, notify, quit, relaunch } = parts;
  const { company, settings } = store.state;
  if (company.updates === "off") return null;
  const kept = v.safeParse(failures, database.json(FAILED));
  const updates = new Updates(company.updates ?? settings.updates, settings.updateChannel, {
    open,
    clock,
    log,
    changed: ({ status, checkedAt }) =>
      store.update((state) => {
        const { updates: shown } = state;
        const same = shown.off === null && shown.status === status && shown.checkedAt === checkedAt;
        return same ? state : { ...state, updates: { ...shown, off: null, status, checkedAt } };
      }),
    tell: notify,
    quit,
    lastFailure: kept.success ? kept.output : null,
    keepFailure: (why) => database.setJson(FAILED, why),
    relaunch,
  });
  const look = ({ call, rings, settings: now }: AppState) => {
    updates.send({ type: "busy-changed", busy: call !== null || rings.length > 0 });
    if (company.updates === null) updates.send({ type: "mode-set", mode: now.updates });
    updates.send({ type: "channel-set", channel: now.updateChannel });
  };
  look(store.state);
  store.subscribe(() => look(store.state));
  // What went wrong is to be read before it looks again.
  updates.send(kept.success && kept.output !== null ? { type: "put-off" } : { type: "due" });
  return updates;
}
