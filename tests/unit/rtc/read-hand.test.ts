import { describe, expect, test } from "vitest";

import type { EventId, UserId } from "../../../shared/matrix/ids.ts";
import { handContent, reactionContent, readHand } from "../../../shared/rtc/read-hand.ts";
import type { HeardEvent } from "../../../shared/rtc/read-signal.ts";

const heard = (type: string, content: unknown, more: Partial<HeardEvent> = {}): HeardEvent => ({
  room: "!r:hs",
  type,
  stateKey: null,
  sender: "@alice:hs",
  eventId: "$e",
  sentAt: 1_000,
  receivedAt: 1_500,
  ageMs: 46,
  content,
  stickyUntil: null,
  redacted: false,
  redacts: undefined,
  ...more,
});
const hand = (more: object = {}) => heard("m.reaction", { "m.relates_to": { ...annotation, ...more } });
/** As Element Call 0.26.1 sent it. */
const annotation = {
  event_id: "$IcCCdyte67wc0UHGbzha4ap0BS-KqoN_HNfZgGjUJho",
  key: "🖐️",
  rel_type: "m.annotation",
};
const of = "$member";

describe("a raised hand", () => {
  test("as Element Call writes it is read, and as we write it", () => {
    const raised = { type: "raised", id: "$e", sender: "@alice:hs", of: annotation.event_id, at: 1_000 };
    expect(readHand(hand())).toEqual(raised);
    expect(readHand(hand({ key: "🖐" }))).toEqual(raised);
    expect(readHand(heard("m.reaction", handContent(of)))).toEqual({ ...raised, of });
  });

  test.each([
    ["another emoji", { key: "👍" }],
    ["a key with more", { key: "🖐️🖐️" }],
    ["no annotation", { rel_type: "m.reference" }],
    ["no event", { event_id: "nothing" }],
    ["no key", { key: undefined }],
  ])("is not: %s", (_, more) => expect(readHand(hand(more))).toBeNull());

  test("is lowered by its redaction, however that names it, and by being redacted", () => {
    const lowered = { type: "withdrawn", id: "$e" };
    expect(readHand(heard("m.room.redaction", {}, { eventId: "$x", redacts: "$e" }))).toEqual(lowered);
    expect(readHand(heard("m.reaction", {}, { redacted: true }))).toEqual(lowered);
    expect(readHand(heard("m.room.redaction", {}, { redacts: 5 }))).toBeNull();
  });
});

describe("a reaction", () => {
  const content = {
    "m.relates_to": { rel_type: "m.reference", event_id: of },
    emoji: "👍",
    name: "thumbsup",
  };

  test("as Element Call writes it is read, and we write the same", () => {
    const reacted = { type: "reacted", sender: "@alice:hs", of, emoji: "👍", ageMs: 46 };
    expect(readHand(heard("io.element.call.reaction", content))).toEqual(reacted);
    expect(reactionContent(of, "👍")).toEqual(content);
    expect(reactionContent(of, "🫠")).toMatchObject({ emoji: "🫠", name: "generic" });
  });

  test("whose age the server does not say is as old as its server's clock has it", () => {
    expect(readHand(heard("io.element.call.reaction", content, { ageMs: null }))).toMatchObject({
      ageMs: 500,
    });
  });

  test.each([
    ["a redacted one", content, { redacted: true }],
    ["no emoji", { ...content, emoji: "" }, {}],
    ["an endless emoji", { ...content, emoji: "a".repeat(256) }, {}],
    ["no text", { ...content, emoji: 5 }, {}],
    ["an annotation", { ...content, "m.relates_to": { rel_type: "m.annotation", event_id: of } }, {}],
    ["state", content, { stateKey: "" }],
    ["no time", content, { sentAt: NaN }],
    ["no sender", content, { sender: "alice" as UserId }],
    ["no id", content, { eventId: "e" as EventId }],
  ])("is not: %s", (_, said, more) =>
    expect(readHand(heard("io.element.call.reaction", said, more))).toBeNull(),
  );
});
