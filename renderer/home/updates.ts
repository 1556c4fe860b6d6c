import { t } from "../../shared/messages/messages.ts";
import type { UpdatesState } from "../../shared/state/app-state.ts";
import { untilWhen } from "./times.ts";

/** How the app's updates stand, in a sentence. */
export function updateSentence({ status, checkedAt }: UpdatesState, busy: boolean, now: number): string {
  switch (status.phase) {
    case "idle":
      return checkedAt === null ? t("updates.idle") : t("updates.none", { time: untilWhen(checkedAt, now) });
    case "checking":
      return t("updates.checking");
    case "failed":
      return t(`updates.failed-${status.why}`);
    case "ready":
      return t(busy ? "updates.ready-busy" : "updates.ready", { version: status.release.version });
    default:
      return t(`updates.${status.phase}`, { version: status.release.version });
  }
}
