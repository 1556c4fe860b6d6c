import type { DisturbSettings } from "../../shared/state/settings.ts";

export interface Quiet {
  readonly why: "asked" | "schedule";
  /** Epoch ms; null where only the user ends it. */
  readonly until: number | null;
}

/** Whether calls are kept quiet now, as far as the settings alone tell; the system's own state only main can read. */
export function quietNow({ until, schedule }: DisturbSettings, now: number): Quiet | null {
  if (until === 0) return { why: "asked", until: null };
  if (until !== null && until > now) return { why: "asked", until };
  if (!schedule.on) return null;
  const today = new Date(now);
  for (const back of [0, 1]) {
    const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() - back);
    const begins = atMinutes(day, schedule.from);
    const ends = atMinutes(day, schedule.to + (schedule.to <= schedule.from ? DAY_MINUTES : 0));
    const counts = schedule.days.some((weekday) => weekday === day.getDay());
    if (counts && begins <= now && now < ends) return { why: "schedule", until: ends };
  }
  return null;
}

export const inOneHour = (now: number): number => now + 3_600_000;

/** 8 o'clock, epoch ms: today's for those who are still up in the small hours, else tomorrow's. */
export function tomorrowMorning(now: number): number {
  const time = new Date(now);
  const day = time.getDate() + (time.getHours() < 5 ? 0 : 1);
  return new Date(time.getFullYear(), time.getMonth(), day, 8).getTime();
}

const DAY_MINUTES = 1440;

/** By the clock on the wall, on days of 23 and 25 hours too. */
const atMinutes = (day: Date, minutes: number) =>
  new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, minutes).getTime();
