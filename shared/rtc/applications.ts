import { shownName } from "../matrix/names.ts";
import { t } from "../messages/messages.ts";

/** What its own words call a thing, and what people do. */
const known = [
  [/white-?board|excalidraw|tldraw/i, "other.whiteboard"],
  [/third-?room/i, "other.world"],
  [/game|chess/i, "other.game"],
  [/jitsi/i, "other.jitsi"],
  [/watch-?(party|together)/i, "other.watch"],
] as const;

/** Words that do not tell one application from the next. */
const GENERIC = /^(app|application|rtc|matrixrtc|session|v?\d+|unstable|m|org|com|io|net|im|dev)$/i;
const LONGEST = 40;

/** What to call a session in a room's row: of a call, by the transport that keeps us out of it. */
export function sessionName({
  application,
  transport,
}: {
  readonly application: string;
  readonly transport: string | null;
}): string {
  if (transport !== null) return t("other.call-by", { transport: readableName(transport) });
  return application === "m.call" ? t("other.call") : readableName(application);
}

/**
 * A name for people made of what somebody's app calls itself (`org.example.shared_notes` → Shared notes). Anybody may write it,
 * so it is one short line.
 */
export function readableName(written: string): string {
  const word = known.find(([pattern]) => pattern.test(written));
  if (word) return t(word[1]);
  const parts = shownName(written)
    .split(/[.:/]+/)
    .filter((part) => part !== "" && !GENERIC.test(part));
  const words = (parts.at(-1) ?? "")
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .split(/[\s_-]+/)
    .filter((part) => part !== "")
    .join(" ")
    .toLowerCase();
  const letters = Array.from(words);
  if (letters.length === 0) return t("other.unnamed");
  const line = letters.length <= LONGEST ? words : `${letters.slice(0, LONGEST - 1).join("")}…`;
  return line.replace(/^./u, (first) => first.toUpperCase());
}
