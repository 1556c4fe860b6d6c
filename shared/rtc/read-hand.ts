import * as v from "valibot";

import type { HandSignal } from "../call/hands.ts";
import { isEventId, isUserId, type EventId } from "../matrix/ids.ts";
import type { HeardEvent } from "./read-signal.ts";

/** A raised hand is an annotation, which no client encrypts. */
export const HAND_TYPE = "m.reaction";
export const REACTION_TYPE = "io.element.call.reaction";
const HAND_KEY = "🖐️";
/** Some keyboards leave out the selector that asks for the coloured form. */
const HAND_KEYS: ReadonlySet<string> = new Set([HAND_KEY, "🖐"]);

const eventId = v.custom<EventId>(isEventId);

const hand = v.object({
  "m.relates_to": v.object({
    rel_type: v.literal("m.annotation"),
    event_id: eventId,
    key: v.pipe(
      v.string(),
      v.check((key) => HAND_KEYS.has(key)),
    ),
  }),
});

const reaction = v.object({
  "m.relates_to": v.object({ rel_type: v.literal("m.reference"), event_id: eventId }),
  emoji: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
});

/** What an event says of hands and reactions, as Element Call writes them; null for nothing, and for what is malformed. */
export function readHand(event: HeardEvent): HandSignal | null {
  const { type, eventId: id, sender, sentAt, receivedAt } = event;
  if (!isEventId(id) || !isUserId(sender) || !Number.isFinite(sentAt) || event.stateKey !== null) return null;
  if (type === "m.room.redaction")
    return isEventId(event.redacts) ? { type: "withdrawn", id: event.redacts } : null;
  if (event.redacted) return type === HAND_TYPE ? { type: "withdrawn", id } : null;
  if (type === HAND_TYPE) {
    const parsed = v.safeParse(hand, event.content);
    return parsed.success
      ? { type: "raised", id, sender, of: parsed.output["m.relates_to"].event_id, at: sentAt }
      : null;
  }
  if (type !== REACTION_TYPE) return null;
  const parsed = v.safeParse(reaction, event.content);
  if (!parsed.success) return null;
  const { emoji, "m.relates_to": of } = parsed.output;
  return { type: "reacted", sender, of: of.event_id, emoji, ageMs: event.ageMs ?? receivedAt - sentAt };
}

/** The names by which Element Call chooses a sound; anything else makes a plain one. */
const NAMES: Readonly<Record<string, string>> = {
  "👍": "thumbsup",
  "👎": "thumbsdown",
  "🎉": "party",
  "👏": "clapping",
  "🐶": "dog",
  "🐱": "cat",
  "💡": "lightbulb",
  "🦗": "crickets",
  "🦌": "deer",
  "🤘": "rock",
  "👋": "wave",
  "🥁": "drum",
  "🥰": "heart",
  "❤️": "heart",
  "😄": "laugh",
  "👌": "ok",
  "😵‍💫": "dizzy",
};

export const handContent = (of: EventId): object => ({
  "m.relates_to": { rel_type: "m.annotation", event_id: of, key: HAND_KEY },
});

export const reactionContent = (of: EventId, emoji: string): object => ({
  "m.relates_to": { rel_type: "m.reference", event_id: of },
  emoji,
  name: NAMES[emoji] ?? "generic",
});
