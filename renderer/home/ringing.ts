import type { RoomSummary } from "../../shared/state/app-state.ts";
import type { RingingChoice, Settings } from "../../shared/state/settings.ts";

export const usualRinging: RingingChoice = { mode: "default", tone: null, volume: null };

/** Under what a choice is kept: the person's ID for a direct room, so that it holds in each room with them. */
export const ringingKey = ({ id, direct }: Pick<RoomSummary, "id" | "direct">): string => direct ?? id;

/** The choices with this one made; what is as usual is not kept. */
export function withRinging(
  ringing: Settings["ringing"],
  key: string,
  choice: RingingChoice,
): Settings["ringing"] {
  const { [key]: _before, ...others } = ringing;
  const usual = choice.mode === "default" && choice.tone === null && choice.volume === null;
  return usual ? others : { ...others, [key]: choice };
}
