import type { Participant } from "../../shared/state/app-state.ts";
import type { Marks } from "./view.ts";

/** Whoever has a hand up, in the order in which they raised it. */
export const handsOf = (participants: readonly Participant[]): readonly Participant[] =>
  participants
    .filter(({ handAt }) => handAt !== null)
    .toSorted((one, other) => (one.handAt ?? 0) - (other.handAt ?? 0));

/** What a person's tile shows of them beside picture and sound. */
export function marksOf(participant: Participant, hands: readonly Participant[]): Marks {
  const { device, trust, ourKey, foreign, reaction } = participant;
  const place = hands.findIndex(({ id }) => id === participant.id);
  return { device, trust, ourKey, foreign, reaction, hand: place < 0 ? null : place + 1 };
}
