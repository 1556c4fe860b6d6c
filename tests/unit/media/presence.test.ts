import fc from "fast-check";
import { expect, test } from "vitest";

import {
  isQuiet,
  look,
  lostOf,
  noPresence,
  type Flow,
  type Presence,
} from "../../../renderer/media/presence.ts";

const LOOK_MS = 500;
const flows: Flow = { came: true, due: "media", failing: false };
const stopped: Flow = { came: false, due: "media", failing: false };
const hidden: Flow = { came: false, due: "paused", failing: false };
const shares: Flow = { came: true, due: "screen", failing: false };
const still: Flow = { came: false, due: "screen", failing: false };
const muted: Flow = { came: false, due: "none", failing: false };

interface Seen {
  readonly bob: Flow | null;
  readonly alive?: boolean;
  /** Looks of this kind. */
  readonly looks?: number;
  readonly everyMs?: number;
}

/** What each look at a connection with Bob on it said of him: `.` well, `L` lost; `q` where it was quiet. */
function watch(...seen: readonly Seen[]): string {
  let presence: Presence = noPresence;
  let at = 0;
  let said = "";
  for (const { bob, alive = true, looks = 1, everyMs = LOOK_MS } of seen)
    for (let count = 0; count < looks; count += 1) {
      at += everyMs;
      presence = look(presence, { at, alive, people: new Map(bob ? [["bob", bob]] : []) });
      said += isQuiet(presence) ? "q" : lostOf(presence).has("bob") ? "L" : ".";
    }
  return said;
}

const begun: Seen = { bob: flows, looks: 2 };

const table: readonly (readonly [string, readonly Seen[], string])[] = [
  ["whose media flow is well", [{ bob: flows, looks: 6 }], "......"],
  ["whose media stop is lost within 2 s", [begun, { bob: stopped, looks: 5 }], ".....LL"],
  ["a gap of 1.5 s is none", [begun, { bob: stopped, looks: 3 }, { bob: flows, looks: 3 }], "........"],
  [
    "who is lost is back once media flowed for 1 s",
    [begun, { bob: stopped, looks: 4 }, { bob: flows, looks: 3 }],
    ".....LL..",
  ],
  [
    "single packets do not make them come back and go again",
    [begun, { bob: stopped, looks: 4 }, { bob: flows }, { bob: stopped }, { bob: flows }, { bob: stopped }],
    ".....LLLLL",
  ],
  ["a video that nobody looks at is not missed", [begun, { bob: hidden, looks: 8 }], ".........."],
  ["who muted all is not missed", [begun, { bob: muted, looks: 8 }], ".........."],
  [
    "who has muted all is lost when the SFU says so, and back when it says that",
    [begun, { bob: { ...muted, failing: true }, looks: 2 }, { bob: muted }],
    "..LL.",
  ],
  [
    "what the SFU says of them counts less than media that flow",
    [begun, { bob: { ...flows, failing: true }, looks: 2 }],
    "....",
  ],
  [
    "looking away from somebody lost does not bring them back",
    [begun, { bob: stopped, looks: 4 }, { bob: hidden, looks: 2 }],
    ".....LLL",
  ],
  [
    "who sends what nobody looks at is lost when the SFU says so, and back when it says that",
    [begun, { bob: { ...hidden, failing: true }, looks: 2 }, { bob: hidden }],
    "..LL.",
  ],
  [
    "who was lost while nobody looked is back when the SFU had said so too, and no more",
    [
      begun,
      { bob: stopped, looks: 4 },
      { bob: hidden },
      { bob: { ...hidden, failing: true } },
      { bob: hidden },
    ],
    ".....LLL.",
  ],
  [
    "a screen alone is missed within 3 s",
    [
      { bob: shares, looks: 2 },
      { bob: still, looks: 6 },
    ],
    "......LL",
  ],
  [
    "a still screen that comes once a second is there",
    [
      { bob: shares },
      { bob: still },
      { bob: shares },
      { bob: still, looks: 2 },
      { bob: shares },
      { bob: still },
    ],
    ".......",
  ],
  [
    "a screen that comes back from such a silence is sent only when it changes, and not missed again",
    [{ bob: shares }, { bob: still, looks: 5 }, { bob: shares }, { bob: still, looks: 10 }],
    ".....L...........",
  ],
  [
    "of that the SFU alone knows",
    [{ bob: shares }, { bob: still, looks: 5 }, { bob: shares }, { bob: { ...still, failing: true } }],
    ".....L.L",
  ],
  ["who mutes after being lost is there", [begun, { bob: stopped, looks: 4 }, { bob: muted }], ".....L."],
  ["media that have yet to begin are waited for longer", [{ bob: stopped, looks: 12 }], "..........LL"],
  [
    "so are those that begin again after a pause",
    [begun, { bob: hidden }, { bob: stopped, looks: 5 }, { bob: flows }],
    ".........",
  ],
  [
    "our own dead connection loses nobody, and is quiet",
    [begun, { bob: stopped, alive: false, looks: 9 }, { bob: flows, looks: 2 }],
    ".........qq..",
  ],
  [
    "nor does it when signs of life return before media",
    [begun, { bob: stopped, alive: false, looks: 9 }, { bob: stopped }, { bob: flows }],
    ".........qq..",
  ],
  [
    "a connection that only ICE keeps alive tells of their silence",
    [begun, { bob: stopped, alive: false, looks: 4 }, { bob: stopped }],
    "......L",
  ],
  [
    "a computer that slept has not listened",
    [begun, { bob: stopped, everyMs: 3_600_000 }, { bob: flows }],
    "....",
  ],
  ["nobody there and nothing arriving is quiet too", [{ bob: null, alive: false, looks: 10 }], "........qq"],
  [
    "who is gone is forgotten",
    [begun, { bob: stopped, looks: 4 }, { bob: null }, { bob: stopped }],
    ".....L..",
  ],
];

test.each(table)("%s", (_name, seen, said) => {
  expect(watch(...seen)).toBe(said);
});

/** What the SFU says of those of whom nothing is due is believed at once, and it says so but every few seconds. */
const anyFlow = fc.oneof(
  fc.record({ came: fc.boolean(), due: fc.constant("media" as const), failing: fc.boolean() }),
  fc.record({
    came: fc.boolean(),
    due: fc.constantFrom("screen" as const, "paused" as const),
    failing: fc.constant(false),
  }),
);
const anySeen = fc.record({ bob: anyFlow, alive: fc.boolean() });

test("whatever comes, nobody is lost twice within 3 s", () => {
  fc.assert(
    fc.property(fc.array(anySeen, { maxLength: 60 }), (seen) => {
      const losses = [
        ...watch(...seen)
          .replaceAll("q", ".")
          .matchAll(/(?<!L)L/g),
      ].map(({ index }) => index);
      for (const [at, index] of losses.entries()) {
        const before = losses[at - 1];
        // Quiet hides a loss, and shows it again.
        if (
          before !== undefined &&
          !watch(...seen)
            .slice(before, index)
            .includes("q")
        )
          expect((index - before) * LOOK_MS).toBeGreaterThanOrEqual(3000);
      }
    }),
  );
});

test("whoever's media flow in every look is never lost, whatever else is said", () => {
  fc.assert(
    fc.property(fc.array(anySeen, { maxLength: 60 }), (seen) => {
      const flowing = seen.map(({ bob, alive }) => ({ bob: { ...bob, came: true }, alive }));
      expect(watch(...flowing)).not.toContain("L");
    }),
  );
});

test("nobody is lost on a connection on which nothing arrives", () => {
  fc.assert(
    fc.property(fc.array(anyFlow, { maxLength: 60 }), (flowsSeen) => {
      const seen = flowsSeen.map((bob) => ({ bob: { ...bob, came: false }, alive: false }));
      expect(watch(...seen)).not.toContain("L");
    }),
  );
});

test("on a living connection whoever stops is lost within 2.5 s, whatever was before", () => {
  fc.assert(
    fc.property(fc.array(anySeen, { maxLength: 40 }), (seen) => {
      const said = watch(...seen, { bob: flows }, { bob: stopped, looks: 5 });
      expect(said.at(-1)).toBe("L");
    }),
  );
});
