import { t } from "../../shared/messages/messages.ts";
import type { Participant } from "../../shared/state/app-state.ts";

/** The same of raised hands and reactions; our own we know of. */
export function gestures(before: readonly Participant[], after: readonly Participant[]): string {
  const known = new Map(before.map((each) => [each.id, each]));
  return after
    .filter(({ local }) => !local)
    .flatMap(({ id, name, handAt, reaction }) => {
      const was = known.get(id);
      const up = handAt !== null;
      const hand =
        up === ((was?.handAt ?? null) !== null) ? null : up ? "call.hand-raised" : "call.hand-lowered";
      return [
        ...(hand === null ? [] : [t(hand, { name })]),
        ...(reaction === null || reaction === (was?.reaction ?? null)
          ? []
          : [t("call.reacted", { name, emoji: reaction })]),
      ];
    })
    .join(". ");
}

/** What to tell those who do not see the tiles: who came and who went between two moments. */
export function arrivals(before: readonly Participant[], after: readonly Participant[]): string {
  const missing = (from: readonly Participant[], others: readonly Participant[]) =>
    from.filter(({ id, local }) => !local && !others.some((other) => other.id === id));
  return [
    ...missing(after, before).map(({ name }) => t("call.joined", { name })),
    ...missing(before, after).map(({ name }) => t("call.left", { name })),
  ].join(". ");
}
