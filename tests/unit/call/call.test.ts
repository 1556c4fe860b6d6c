import fc from "fast-check";
import { expect, test } from "vitest";

import { idle, stepCall, type Call, type CallEffect, type CallEvent } from "../../../shared/call/call.ts";

const room = "!a:hs";
const lobby: Call = { phase: "lobby", room, intent: "video", error: null };
const joining: Call = { phase: "joining", room, intent: "video" };
const joined: Call = { phase: "joined", room, intent: "video", joinedAt: 5, membership: "live" };
const leaving: Call = { phase: "leaving", room, intent: "video" };

test.each<[string, Call, CallEvent, Call, CallEffect[]]>([
  [
    "opening shows the lobby and prepares the join",
    idle,
    { type: "opened", room, intent: "video" },
    lobby,
    [{ type: "prepare", room }, { type: "show-window" }],
  ],
  [
    "opening the room of the call brings its window to the front",
    joined,
    { type: "opened", room, intent: "audio" },
    joined,
    [{ type: "show-window" }],
  ],
  [
    "opening another room's call while in one does nothing",
    joined,
    { type: "opened", room: "!b:hs", intent: "audio" },
    joined,
    [],
  ],
  [
    "opening another room from a lobby moves there",
    lobby,
    { type: "opened", room: "!b:hs", intent: "audio" },
    { ...lobby, room: "!b:hs", intent: "audio" },
    [{ type: "prepare", room: "!b:hs" }, { type: "show-window" }],
  ],
  [
    "join joins",
    lobby,
    { type: "join-asked", intent: "audio" },
    { ...joining, intent: "audio" },
    [{ type: "join", room, intent: "audio" }],
  ],
  ["a second click on join is one join", joining, { type: "join-asked", intent: "video" }, joining, []],
  [
    "our membership on the server is being in the call",
    joining,
    { type: "membership", status: "live", now: 5 },
    joined,
    [],
  ],
  [
    "a silent homeserver makes it unsure",
    joined,
    { type: "membership", status: "unsure", now: 9 },
    { ...joined, membership: "unsure" },
    [],
  ],
  [
    "a homeserver that is back makes it live",
    { ...joined, membership: "unsure" },
    { type: "membership", status: "live", now: 9 },
    joined,
    [],
  ],
  [
    "the camera going off tells the others",
    joined,
    { type: "intent-changed", intent: "audio" },
    { ...joined, intent: "audio" },
    [{ type: "set-intent", intent: "audio" }],
  ],
  [
    "leaving takes the window away at once",
    joined,
    { type: "leave-asked" },
    leaving,
    [{ type: "leave" }, { type: "close-window" }],
  ],
  [
    "closing the window leaves",
    joined,
    { type: "window-gone" },
    leaving,
    [{ type: "leave" }, { type: "close-window" }],
  ],
  ["leaving the lobby tells nobody", lobby, { type: "leave-asked" }, idle, [{ type: "close-window" }]],
  [
    "a call that cannot go on is back in the lobby with the reason",
    joined,
    { type: "ended", code: "call-forbidden" },
    { ...lobby, error: "call-forbidden" },
    [],
  ],
  ["the end of our own leave is the end", leaving, { type: "left" }, idle, []],
  ["a new call outlives the end of the old call's leave", joining, { type: "left" }, joining, []],
  ["signing out ends it", joined, { type: "signed-out" }, idle, [{ type: "close-window" }]],
])("%s", (_what, call, event, next, effects) => {
  expect(stepCall(call, event)).toEqual([next, effects]);
});

const event: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.record({
    type: fc.constant("opened" as const),
    room: fc.constantFrom("!a:hs" as const, "!b:hs" as const),
    intent: fc.constantFrom("audio" as const, "video" as const),
  }),
  fc.record({
    type: fc.constantFrom("join-asked" as const, "intent-changed" as const),
    intent: fc.constantFrom("audio" as const, "video" as const),
  }),
  fc.record({
    type: fc.constantFrom(
      "leave-asked" as const,
      "window-gone" as const,
      "signed-out" as const,
      "left" as const,
    ),
  }),
  fc.record({
    type: fc.constant("membership" as const),
    status: fc.constantFrom("joining" as const, "live" as const, "unsure" as const),
    now: fc.nat(),
  }),
  fc.record({ type: fc.constant("ended" as const), code: fc.constantFrom(null, "call-forbidden" as const) }),
);

test("for any events, joins and leaves come in turns", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let call: Call = idle;
      let inside = false;
      for (const one of events) {
        const [next, effects] = stepCall(call, one);
        if (one.type === "ended" || one.type === "signed-out") inside = false;
        for (const { type } of effects) {
          if (type === "join") expect(inside).toBe(false);
          if (type === "leave") expect(inside).toBe(true);
          if (type === "join") inside = true;
          if (type === "leave") inside = false;
        }
        call = next;
      }
    }),
  );
});
