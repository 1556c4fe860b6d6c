import { t } from "../../shared/messages/messages.ts";

/** The catalogue's: day names stand among its words. */
const LANGUAGE = "en";

/** The time of day, as this computer's user writes it. */
export const timeOfDay = (at: number): string =>
  new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(at);

/** `Today`, `Yesterday`, or the date with its weekday; the year where it is another. */
export function dayOf(at: number, now: number): string {
  const [day, today] = [midnight(at), midnight(now)];
  if (day === today) return t("calls.today");
  if (day === midnight(today - 1)) return t("calls.yesterday");
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const date = { weekday: "long", day: "numeric", month: "long" } as const;
  return new Intl.DateTimeFormat(LANGUAGE, sameYear ? date : { ...date, year: "numeric" }).format(at);
}

/** Until when, from now on: the day is said where it is not today. */
export function untilWhen(at: number, now: number): string {
  if (midnight(at) === midnight(now)) return timeOfDay(at);
  const day = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long" }).format(at);
  return `${day}, ${timeOfDay(at)}`;
}

/** How long a call lasted, in words: seconds alone up to a minute. */
export function lasting(spanMs: number): string {
  const [seconds, minutes] = [Math.round(spanMs / 1000), Math.round(spanMs / 60_000)];
  if (seconds < 60) return t("calls.seconds", { seconds });
  if (minutes < 60) return t("calls.minutes", { minutes });
  return t("calls.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Sunday first, as `Date` counts. */
export const weekdays: readonly { readonly short: string; readonly long: string }[] = Array.from(
  { length: 7 },
  (_, weekday) => {
    // 4 January 1970 was a Sunday.
    const day = new Date(1970, 0, 4 + weekday);
    const name = (style: "short" | "long") =>
      new Intl.DateTimeFormat(LANGUAGE, { weekday: style }).format(day);
    return { short: name("short"), long: name("long") };
  },
);

/** Minutes after midnight as a time field has them. */
export const toField = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** Null for a field that is empty or half filled in. */
export function fromField(text: string): number | null {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes);
}

const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);
