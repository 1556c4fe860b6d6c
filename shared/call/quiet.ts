import type { DisturbSettings } from "../state/settings.ts";

/** One moment, as the user's clock on the wall shows it. */
export interface LocalTime {
  /** Epoch ms. */
  readonly at: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** After midnight, 0–1439. */
  readonly minutes: number;
}

/** Whether calls do not ring now. `systemQuiet`: the system's own do-not-disturb, false where it cannot be read. */
export function isQuiet(disturb: DisturbSettings, systemQuiet: boolean, local: LocalTime): boolean {
  const { until } = disturb;
  if (until !== null && (until === 0 || local.at < until)) return true;
  return (disturb.system && systemQuiet) || isScheduled(disturb.schedule, local);
}

/** A span over midnight belongs to the day on which it begins; one that ends when it begins lasts a whole day from there. */
function isScheduled(
  { on, from, to, days }: DisturbSettings["schedule"],
  { weekday, minutes }: LocalTime,
): boolean {
  if (!on) return false;
  const begunOn = (day: number): boolean => days.some((each) => each === day);
  if (from < to) return begunOn(weekday) && minutes >= from && minutes < to;
  return (begunOn(weekday) && minutes >= from) || (begunOn((weekday + 6) % 7) && minutes < to);
}
