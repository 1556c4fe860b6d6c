import { t } from "../../shared/messages/messages.ts";
import type { Participant } from "../../shared/state/app-state.ts";

/** What to tell those who do not see the tiles: who came and who went between two moments. */
export function arrivals(before: readonly Participant[], after: readonly Participant[]): string {
  const missing = (from: readonly Participant[], others: readonly Participant[]) =>
    from.filter(({ id, local }) => !local && !others.some((other) => other.id === id));
  return [
    ...missing(after, before).map(({ name }) => t("call.joined", { name })),
    ...missing(before, after).map(({ name }) => t("call.left", { name })),
  ].join(". ");
}
