import type { DisturbSettings } from "../state/settings.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

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
  return quietBy(disturb, local) !== null || (disturb.system && systemQuiet);
}

/** Why the settings alone keep calls quiet; `to`: when the quiet hours end, in minutes after midnight. */
export type Quiet = { readonly why: "asked" } | { readonly why: "schedule"; readonly to: number };

/** What the user asked for counts before the schedule; null where neither holds. */
export function quietBy({ until, schedule }: DisturbSettings, local: LocalTime): Quiet | null {
  if (until !== null && (until === 0 || local.at < until)) return { why: "asked" };
  return isScheduled(schedule, local) ? { why: "schedule", to: schedule.to } : null;
}

/** After a click on the one switch that the tray has: what was asked for ends, quiet hours stay, else it is quiet until the user says otherwise. */
export function toggleQuiet(disturb: DisturbSettings, local: LocalTime): DisturbSettings {
  const quiet = quietBy(disturb, local);
  if (quiet?.why === "schedule") return disturb;
  return { ...disturb, until: quiet ? null : 0 };
}

/**
 * Epoch ms, later than now, before which `quietBy` says nothing else; null where it never will. By a clock on the wall that
 * runs evenly: on the day on which summer time begins or ends, one must look again on the way.
 */
export function nextQuietChangeAt(
  { until, schedule }: DisturbSettings,
  { at, minutes }: LocalTime,
): number | null {
  const nextAt = (time: number) =>
    at - (at % MINUTE_MS) + (((time - minutes + DAY_MINUTES - 1) % DAY_MINUTES) + 1) * MINUTE_MS;
  const changes = [
    ...(until !== null && until > at ? [until] : []),
    ...(schedule.on && schedule.days.length > 0 ? [nextAt(schedule.from), nextAt(schedule.to)] : []),
  ];
  return changes.length === 0 ? null : Math.min(...changes);
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
