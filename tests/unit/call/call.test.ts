import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  isOn,
  noCalls,
  stepCall,
  type Call,
  type CallEffect,
  type CallEvent,
  type Calls,
  type OnCall,
} from "../../../shared/call/call.ts";

const room = "!a:hs";
const other = "!b:hs";
const third = "!c:hs";
const warm: Call = { phase: "warm", room, intent: "video" };
const lobby: Call = { phase: "lobby", room, intent: "video", error: null };
const joining: OnCall = { phase: "joining", room, intent: "video" };
const joined: OnCall = { phase: "joined", room, intent: "video", joinedAt: 5, membership: "live" };
const leaving: Call = { phase: "leaving", room, intent: "video" };
const over: Call = { phase: "over", room, intent: "video" };
const inOther: OnCall = { ...joined, room: other };

const only = (call: Call): Calls => ({ call, held: null });
const both = (call: OnCall, held: OnCall): Calls => ({ call, held });
const prepare: CallEffect = { type: "prepare", room };
const join: CallEffect = { type: "join", room, intent: "video" };
const leave: CallEffect = { type: "leave", room };
const show: CallEffect = { type: "show-window" };
const close: CallEffect = { type: "close-window" };
const accepted = (end: "end" | "hold" | null): CallEvent => ({
  type: "accepted",
  room,
  intent: "video",
  other: end,
});

type Row = [what: string, before: Calls, event: CallEvent, after: Calls, effects: CallEffect[]];
const steps = (rows: Row[]) =>
  test.each(rows)("%s", (_what, before, event, after, effects) => {
    expect(stepCall(before, event)).toEqual([after, effects]);
  });

describe("one call", () => {
  steps([
    [
      "opening shows the lobby and prepares the join",
      noCalls,
      { type: "opened", room, intent: "video", at: "lobby" },
      only(lobby),
      [prepare, show],
    ],
    [
      "a call to a person begins without a lobby",
      noCalls,
      { type: "opened", room, intent: "video", at: "once" },
      only(joining),
      [prepare, join, show],
    ],
    [
      "opening the room of the call brings its window to the front",
      only(joined),
      { type: "opened", room, intent: "audio", at: "once" },
      only(joined),
      [show],
    ],
    [
      "opening another room's call while in one does nothing",
      only(inOther),
      { type: "opened", room, intent: "audio", at: "once" },
      only(inOther),
      [],
    ],
    [
      "opening another room from a lobby moves there",
      only({ ...lobby, room: other }),
      { type: "opened", room, intent: "video", at: "lobby" },
      only(lobby),
      [prepare, show],
    ],
    ["join joins", only(lobby), { type: "join-asked", intent: "video" }, only(joining), [join]],
    [
      "a second click on join is one join",
      only(joining),
      { type: "join-asked", intent: "video" },
      only(joining),
      [],
    ],
    [
      "our membership on the server is being in the call",
      only(joining),
      { type: "membership", room, status: "live", now: 5 },
      only(joined),
      [],
    ],
    [
      "a silent homeserver makes it unsure",
      only(joined),
      { type: "membership", room, status: "unsure", now: 9 },
      only({ ...joined, membership: "unsure" }),
      [],
    ],
    [
      "a homeserver that is back makes it live",
      only({ ...joined, membership: "unsure" }),
      { type: "membership", room, status: "live", now: 9 },
      only(joined),
      [],
    ],
    [
      "the camera going off tells the others",
      only(joined),
      { type: "intent-changed", intent: "audio" },
      only({ ...joined, intent: "audio" }),
      [{ type: "set-intent", room, intent: "audio" }],
    ],
    [
      "leaving takes the window away at once",
      only(joined),
      { type: "leave-asked" },
      only(leaving),
      [leave, close],
    ],
    ["closing the window leaves", only(joined), { type: "window-gone" }, only(leaving), [leave, close]],
    ["leaving the lobby tells nobody", only(lobby), { type: "leave-asked" }, noCalls, [close]],
    [
      "a call that cannot go on is back in the lobby with the reason",
      only(joined),
      { type: "ended", room, code: "call-forbidden" },
      only({ ...lobby, error: "call-forbidden" }),
      [],
    ],
    ["the end of our own leave is the end", only(leaving), { type: "left", room }, noCalls, []],
    [
      "the end of an old call's leave is not the end of the next one's",
      only(leaving),
      { type: "left", room: other },
      only(leaving),
      [],
    ],
    [
      "a new call outlives the end of the old call's leave",
      only(joining),
      { type: "left", room },
      only(joining),
      [],
    ],
    ["signing out leaves and ends it", only(joined), { type: "signed-out" }, noCalls, [leave, close]],
  ]);
});

describe("a ring", () => {
  steps([
    [
      "paves the way to the SFU in a window that is not shown",
      noCalls,
      { type: "rang", room, intent: "video" },
      only(warm),
      [prepare, { type: "warm-window" }],
    ],
    ["leaves a lobby alone", only(lobby), { type: "rang", room: other, intent: "video" }, only(lobby), []],
    ["that is over takes its window with it", only(warm), { type: "ring-over", room }, noCalls, [close]],
    ["of another room that is over does not", only(warm), { type: "ring-over", room: other }, only(warm), []],
    [
      "that is over after its answer changes nothing",
      only(joined),
      { type: "ring-over", room },
      only(joined),
      [],
    ],
    ["that was warm is joined at once", only(warm), accepted(null), only(joining), [join, show]],
    ["is joined from nothing", noCalls, accepted(null), only(joining), [prepare, join, show]],
    [
      "is joined from the lobby of another room",
      only({ ...lobby, room: other }),
      accepted(null),
      only(joining),
      [prepare, join, show],
    ],
    [
      "is joined while the last call is being left",
      only(leaving),
      accepted(null),
      only(joining),
      [prepare, join, show],
    ],
    ["from the call that we are in shows its window", only(joined), accepted("end"), only(joined), [show]],
    [
      "in another call is not answered while nothing is said of that one",
      only(inOther),
      accepted(null),
      only(inOther),
      [],
    ],
    [
      "ends the other call if asked to",
      only(inOther),
      accepted("end"),
      only(joining),
      [{ type: "leave", room: other }, prepare, join, show],
    ],
    [
      "holds the other call if asked to",
      only(inOther),
      accepted("hold"),
      both(joining, inOther),
      [prepare, join, show],
    ],
    [
      "does not make a second call held",
      both(inOther, { ...joined, room: third }),
      accepted("hold"),
      both(inOther, { ...joined, room: third }),
      [],
    ],
    [
      "may end the one of two calls that is not held",
      both(inOther, { ...joined, room: third }),
      accepted("end"),
      both(joining, { ...joined, room: third }),
      [{ type: "leave", room: other }, prepare, join, show],
    ],
    [
      "from the call that is held goes on with that one",
      both(inOther, joined),
      accepted("end"),
      both(joined, inOther),
      [prepare, show],
    ],
  ]);
});

describe("a call that is held", () => {
  const calls = both(inOther, joined);
  steps([
    ["changes places with the other", calls, { type: "swap-asked" }, both(joined, inOther), [prepare]],
    ["is none where there is none", only(joined), { type: "swap-asked" }, only(joined), []],
    [
      "comes back when the other is left",
      calls,
      { type: "leave-asked" },
      only(joined),
      [{ type: "leave", room: other }, prepare],
    ],
    [
      "comes back, in a new window, when the window of the other is closed",
      calls,
      { type: "window-gone" },
      only(joined),
      [{ type: "leave", room: other }, prepare, show],
    ],
    [
      "comes back when the other cannot go on",
      calls,
      { type: "ended", room: other, code: "call-forbidden" },
      only(joined),
      [prepare],
    ],
    ["may end without the other", calls, { type: "ended", room, code: "call-forbidden" }, only(inOther), []],
    [
      "hears of its own membership",
      both(inOther, joining),
      { type: "membership", room, status: "live", now: 5 },
      both(inOther, joined),
      [],
    ],
    ["is left when nobody answers there", calls, { type: "given-up", room }, only(inOther), [leave]],
    [
      "is left with the other at sign-out",
      calls,
      { type: "signed-out" },
      noCalls,
      [{ type: "leave", room: other }, leave, close],
    ],
  ]);
});

describe("a ring of ours that nobody answers", () => {
  steps([
    ["leaves the call and keeps the window", only(joined), { type: "given-up", room }, only(over), [leave]],
    [
      "brings back what is held",
      both(inOther, joined),
      { type: "given-up", room: other },
      only(joined),
      [{ type: "leave", room: other }, prepare],
    ],
    ["is nothing to the next call", only(inOther), { type: "given-up", room }, only(inOther), []],
    ["is closed", only(over), { type: "leave-asked" }, noCalls, [close]],
    [
      "is tried again",
      only(over),
      { type: "opened", room, intent: "video", at: "once" },
      only(joining),
      [prepare, join, show],
    ],
    ["outlives the end of its leave", only(over), { type: "left", room }, only(over), []],
    [
      "does not keep another ring from being answered",
      only({ ...over, room: other }),
      accepted(null),
      only(joining),
      [prepare, join, show],
    ],
  ]);
});

const anyRoom = fc.constantFrom<("!a:hs" | "!b:hs" | "!c:hs")[]>(room, other, third);
const intent = fc.constantFrom("audio" as const, "video" as const);
const event: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.record({
    type: fc.constant("opened" as const),
    room: anyRoom,
    intent,
    at: fc.constantFrom("lobby" as const, "once" as const),
  }),
  fc.record({
    type: fc.constant("accepted" as const),
    room: anyRoom,
    intent,
    other: fc.constantFrom("end" as const, "hold" as const, null),
  }),
  fc.record({ type: fc.constant("rang" as const), room: anyRoom, intent }),
  fc.record({
    type: fc.constantFrom("ring-over" as const, "given-up" as const, "left" as const),
    room: anyRoom,
  }),
  fc.record({ type: fc.constantFrom("join-asked" as const, "intent-changed" as const), intent }),
  fc.record({
    type: fc.constantFrom(
      "leave-asked" as const,
      "window-gone" as const,
      "signed-out" as const,
      "swap-asked" as const,
    ),
  }),
  fc.record({
    type: fc.constant("membership" as const),
    room: anyRoom,
    status: fc.constantFrom("joining" as const, "live" as const, "unsure" as const),
    now: fc.nat(),
  }),
  fc.record({
    type: fc.constant("ended" as const),
    room: anyRoom,
    code: fc.constantFrom(null, "call-forbidden" as const),
  }),
);

/** Every state on the way, with what led there. */
function walk(
  events: readonly CallEvent[],
  look: (calls: Calls, one: CallEvent, effects: readonly CallEffect[]) => void,
) {
  let calls = noCalls;
  for (const one of events) {
    const [next, effects] = stepCall(calls, one);
    calls = next;
    look(calls, one, effects);
  }
}

test("for any events, each room's joins and leaves come in turns, and we are in no call but those two", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const inside = new Set<string>();
      walk(events, (calls, one, effects) => {
        if (one.type === "ended") inside.delete(one.room);
        for (const effect of effects) {
          if (effect.type === "join") expect(inside).not.toContain(effect.room);
          if (effect.type === "leave") expect(inside).toContain(effect.room);
          if (effect.type === "join") inside.add(effect.room);
          if (effect.type === "leave") inside.delete(effect.room);
        }
        const on = [calls.call, calls.held].flatMap((one) => (one && isOn(one) ? [one.room] : []));
        expect(new Set(on)).toEqual(inside);
        expect(on).toHaveLength(inside.size);
      });
    }),
  );
});

test("for any events, a call is held only while we are in another, and the window's call is always prepared", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let prepared: string | null = null;
      walk(events, ({ call, held }, _one, effects) => {
        for (const effect of effects) if (effect.type === "prepare") prepared = effect.room;
        if (held) expect(isOn(call)).toBe(true);
        if (isOn(call) || call.phase === "lobby" || call.phase === "warm") expect(prepared).toBe(call.room);
      });
    }),
  );
});

test("for any events, the window is there exactly while there is something to show or to warm", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let window: "none" | "unseen" | "shown" = "none";
      walk(events, ({ call }, one, effects) => {
        if (one.type === "window-gone") window = "none";
        for (const { type } of effects) {
          if (type === "show-window") window = "shown";
          if (type === "warm-window") window = "unseen";
          if (type === "close-window") window = "none";
        }
        const wanted =
          call.phase === "idle" || call.phase === "leaving"
            ? "none"
            : call.phase === "warm"
              ? "unseen"
              : "shown";
        expect(window).toBe(wanted);
      });
    }),
  );
});
