const LONGEST = 200;
/** Those that turn the direction of what follows: our own words would be among it. */
const DIRECTION = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A name that somebody else wrote, as one line of text; empty where it is none, or nothing of it can be shown. */
export function shownName(written: unknown): string {
  if (typeof written !== "string") return "";
  const line = written
    .toWellFormed()
    .replaceAll(DIRECTION, "")
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  const letters = Array.from(line.slice(0, 2 * LONGEST));
  return letters.length <= LONGEST ? letters.join("") : `${letters.slice(0, LONGEST - 1).join("")}…`;
}
