import fc from "fast-check";
import { expect, test } from "vitest";

import {
  CHECK_MS,
  newUpdates,
  RETRY_MS,
  stepUpdates,
  updateChannels,
  updateModes,
  type Release,
  type UpdateEffect,
  type UpdateEvent,
  type Updates,
  type UpdateStatus,
} from "../../../shared/updates/updates.ts";

const release: Release = { version: "0.2.0", notes: "Rings louder." };
const available: UpdateStatus = { phase: "available", release };
const downloading: UpdateStatus = { phase: "downloading", release, percent: 0 };
const ready: UpdateStatus = { phase: "ready", release };
const now = 1_000;

const at = (part: Partial<Updates>): Updates => ({ ...newUpdates("automatic", "latest"), ...part });
const check = (round: number, channel: "latest" | "beta" = "latest") => ({ type: "check", round, channel });
const later = { type: "schedule", ms: CHECK_MS };

const table: readonly (readonly [
  string,
  Partial<Updates>,
  UpdateEvent,
  Partial<Updates>,
  readonly object[],
])[] = [
  [
    "it looks at the start and goes on looking",
    {},
    { type: "due" },
    { status: { phase: "checking" }, round: 1 },
    [check(1), later],
  ],
  ["while updates are off, it looks for none", { mode: "off" }, { type: "due" }, { round: 0 }, []],
  [
    "it looks when asked, even while updates are off",
    { mode: "off" },
    { type: "check-asked" },
    { status: { phase: "checking" }, round: 1 },
    [check(1)],
  ],
  ["it looks once at a time", { status: { phase: "checking" } }, { type: "check-asked" }, { round: 0 }, []],
  [
    "what is ready stays so when the time to look comes",
    { status: ready },
    { type: "due" },
    { status: ready },
    [later],
  ],
  [
    "automatic: what is found is fetched",
    { status: { phase: "checking" } },
    { type: "found", round: 0, release, now },
    { status: downloading, checkedAt: now },
    [{ type: "download", round: 0 }],
  ],
  [
    "automatic: not during a call",
    { status: { phase: "checking" }, busy: true },
    { type: "found", round: 0, release, now },
    { status: available, checkedAt: now },
    [],
  ],
  [
    "automatic: but after it",
    { status: available, busy: true },
    { type: "busy-changed", busy: false },
    { status: downloading, busy: false },
    [{ type: "download", round: 0 }],
  ],
  [
    "ask: what is found is told",
    { mode: "ask", status: { phase: "checking" } },
    { type: "found", round: 0, release, now },
    { status: available, checkedAt: now, told: "0.2.0" },
    [{ type: "tell", what: "update-available" }],
  ],
  [
    "ask: and told once",
    { mode: "ask", status: { phase: "checking" }, told: "0.2.0" },
    { type: "found", round: 0, release, now },
    { status: available, checkedAt: now },
    [],
  ],
  [
    "ask: and fetched when asked",
    { mode: "ask", status: available },
    { type: "download-asked" },
    { status: downloading },
    [{ type: "download", round: 0 }],
  ],
  [
    "off: what was asked for is shown and not fetched",
    { mode: "off", status: { phase: "checking" } },
    { type: "found", round: 0, release, now },
    { status: available, checkedAt: now },
    [],
  ],
  [
    "nothing newer",
    { status: { phase: "checking" } },
    { type: "none-found", round: 0, now },
    { status: { phase: "idle" }, checkedAt: now },
    [],
  ],
  [
    "progress is shown",
    { status: downloading },
    { type: "progressed", round: 0, percent: 40 },
    { status: { ...downloading, percent: 40 } },
    [],
  ],
  [
    "what was fetched by itself is told",
    { status: downloading },
    { type: "downloaded", round: 0 },
    { status: ready, told: "0.2.0" },
    [{ type: "tell", what: "update-ready" }],
  ],
  [
    "what the user waits for is not",
    { mode: "ask", status: downloading },
    { type: "downloaded", round: 0 },
    { status: ready },
    [],
  ],
  [
    "a failure is shown, and tried again soon",
    { status: downloading },
    { type: "failed", round: 0, why: "damaged" },
    { status: { phase: "failed", why: "damaged" } },
    [{ type: "schedule", ms: RETRY_MS }],
  ],
  [
    "a check of another channel is over",
    { round: 2, status: { phase: "checking" } },
    { type: "found", round: 1, release, now },
    { status: { phase: "checking" } },
    [],
  ],
  [
    "another channel: what is under way ends and it looks anew",
    { status: downloading },
    { type: "channel-set", channel: "beta" },
    { status: { phase: "checking" }, round: 2, channel: "beta" },
    [{ type: "cancel" }, check(2, "beta"), later],
  ],
  [
    "another channel: what was ready is not installed",
    { mode: "off", status: ready },
    { type: "channel-set", channel: "beta" },
    { status: { phase: "idle" }, channel: "beta", round: 1 },
    [],
  ],
  [
    "turned off: what is under way ends",
    { status: downloading },
    { type: "mode-set", mode: "off" },
    { mode: "off", status: { phase: "idle" }, round: 1 },
    [{ type: "cancel" }],
  ],
  [
    "turned on: it looks",
    { mode: "off" },
    { type: "mode-set", mode: "ask" },
    { mode: "ask", status: { phase: "checking" }, round: 1 },
    [check(1), later],
  ],
  [
    "from asking to automatic: what waits is fetched",
    { mode: "ask", status: available },
    { type: "mode-set", mode: "automatic" },
    { mode: "automatic", status: downloading },
    [{ type: "download", round: 0 }],
  ],
  [
    "asked to restart, it quits first",
    { status: ready },
    { type: "restart-asked" },
    { restart: true },
    [{ type: "quit" }],
  ],
  [
    "it does not quit out of a call",
    { status: ready, busy: true },
    { type: "restart-asked" },
    { restart: false },
    [],
  ],
  ["nor for nothing", { status: available }, { type: "restart-asked" }, { restart: false }, []],
  [
    "when the user quits, it installs and stays away",
    { status: ready },
    { type: "quitting" },
    {},
    [{ type: "install", restart: false }],
  ],
  [
    "after it was asked to restart, it comes back",
    { mode: "off", status: ready, restart: true },
    { type: "quitting" },
    {},
    [{ type: "install", restart: true }],
  ],
  [
    "turned off after the download: nothing is installed unasked",
    { mode: "off", status: ready },
    { type: "quitting" },
    {},
    [],
  ],
  ["nothing is installed while a call is on", { status: ready, busy: true }, { type: "quitting" }, {}, []],
];

test.each(table)("%s", (_name, before, event, after, effects) => {
  const [state, done] = stepUpdates(at(before), event);
  expect(state).toEqual({ ...at(before), ...after });
  expect(done).toEqual(effects);
});

test("why the last install failed is shown until it looks again", () => {
  const failed = newUpdates("automatic", "latest", "not-permitted");
  expect(stepUpdates(failed, { type: "put-off" })).toEqual([failed, [later]]);
  expect(failed.status).toEqual({ phase: "failed", why: "not-permitted" });
  expect(stepUpdates(failed, { type: "check-asked" })[0].status).toEqual({ phase: "checking" });
});

const round = fc.integer({ min: 0, max: 6 });
const events: fc.Arbitrary<UpdateEvent> = fc.oneof(
  fc.constantFrom<UpdateEvent>(
    { type: "due" },
    { type: "put-off" },
    { type: "check-asked" },
    { type: "download-asked" },
    { type: "restart-asked" },
    { type: "quitting" },
  ),
  fc.record({ type: fc.constant("busy-changed" as const), busy: fc.boolean() }),
  fc.record({ type: fc.constant("mode-set" as const), mode: fc.constantFrom(...updateModes) }),
  fc.record({ type: fc.constant("channel-set" as const), channel: fc.constantFrom(...updateChannels) }),
  fc.record({
    type: fc.constant("found" as const),
    round,
    release: fc.record({ version: fc.constantFrom("0.2.0", "0.3.0"), notes: fc.constant("") }),
    now: fc.nat(),
  }),
  fc.record({ type: fc.constant("none-found" as const), round, now: fc.nat() }),
  fc.record({ type: fc.constant("progressed" as const), round, percent: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ type: fc.constant("downloaded" as const), round }),
  fc.record({
    type: fc.constant("failed" as const),
    round,
    why: fc.constantFrom("unreachable" as const, "damaged" as const),
  }),
);

interface Moment {
  readonly before: Updates;
  readonly event: UpdateEvent;
  readonly after: Updates;
  readonly effects: readonly UpdateEffect[];
}

/** Runs a law over histories in which the server answers the check that is under way, as it does mostly, or an older one. */
function law(holds: (moment: Moment, past: readonly Moment[]) => void): void {
  fc.assert(
    fc.property(
      fc.constantFrom(...updateModes),
      fc.array(fc.tuple(events, fc.boolean()), { maxLength: 40 }),
      (mode, history) => {
        let state = newUpdates(mode, "latest");
        const past: Moment[] = [];
        for (const [drawn, current] of history) {
          const event = current && "round" in drawn ? { ...drawn, round: state.round } : drawn;
          const [after, effects] = stepUpdates(state, event);
          const moment = { before: state, event, after, effects };
          holds(moment, past);
          past.push(moment);
          state = after;
        }
      },
    ),
    { numRuns: 2_000 },
  );
}

const of = ({ effects }: Moment, ...types: readonly UpdateEffect["type"][]) =>
  effects.filter(({ type }) => types.includes(type));

test("it never installs or quits while in a call or while one rings", () => {
  law((moment) => {
    if (moment.before.busy) expect(of(moment, "install", "quit")).toEqual([]);
  });
});

test("it installs only what the latest check found and was then downloaded, when the app ends", () => {
  law((moment, past) => {
    if (of(moment, "install").length === 0) return;
    expect(moment.event.type).toBe("quitting");
    const { round } = moment.before;
    const ofRound = past.filter(({ event }) => "round" in event && event.round === round);
    expect(ofRound.map(({ event }) => event.type)).toEqual(expect.arrayContaining(["found", "downloaded"]));
  });
});

test("while updates are off, the server is asked for nothing that the user did not ask for", () => {
  law((moment) => {
    if (moment.after.mode === "off" && of(moment, "check", "download").length > 0)
      expect(["check-asked", "download-asked"]).toContain(moment.event.type);
  });
});

test("unless updates are automatic, nothing is downloaded unasked", () => {
  law((moment) => {
    if (moment.after.mode !== "automatic" && of(moment, "download").length > 0)
      expect(moment.event.type).toBe("download-asked");
  });
});

test("nothing is downloaded unasked during a call", () => {
  law((moment) => {
    if (moment.after.busy && of(moment, "download").length > 0)
      expect(moment.event.type).toBe("download-asked");
  });
});

test("unless updates are off, it looks again some time after whatever comes of a look", () => {
  law((moment) => {
    if (
      moment.event.type === "failed" &&
      moment.before.status.phase !== "failed" &&
      moment.after.status.phase === "failed" &&
      moment.after.mode !== "off"
    )
      expect(of(moment, "schedule")).toHaveLength(1);
    if (moment.event.type === "due" && moment.after.mode !== "off")
      expect(of(moment, "schedule")).toHaveLength(1);
  });
});

test("what is as it was makes no new state: whoever follows the state would go round for ever", () => {
  law(({ after }) => {
    const { busy, mode, channel } = after;
    expect(stepUpdates(after, { type: "busy-changed", busy })[0]).toBe(after);
    expect(stepUpdates(after, { type: "mode-set", mode })[0]).toBe(after);
    expect(stepUpdates(after, { type: "channel-set", channel })[0]).toBe(after);
  });
});
