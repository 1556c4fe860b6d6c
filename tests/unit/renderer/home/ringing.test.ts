// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import { usualRinging, withRinging } from "../../../../renderer/home/ringing.ts";
import { errorText } from "../../../../shared/messages/messages.ts";
import type { AppState } from "../../../../shared/state/app-state.ts";
import { defaultSettings, type RingingChoice } from "../../../../shared/state/settings.ts";
import { callState, participant } from "../support/fake-call.svelte.ts";
import { alice, FakeMain, refused, room } from "../support/fake-main.svelte.ts";
import { ringOf } from "../support/rings.ts";
import { button, click, has, one, press, settled, show, words } from "../support/show.ts";

const bob = room("Bob", { direct: "@bob:example.org" });
const choir = room("Choir");
const media = {
  openDevices: () => ({ cameras: [], microphones: [], speakers: [], ask: async () => {}, stop: () => {} }),
  openPreview: async () => null,
  openScanner: async () => null,
  openSound: () => ({ use: async () => true, once: async () => {}, stop: () => {} }),
};

function home(state: Partial<AppState>, answers?: ConstructorParameters<typeof FakeMain>[1]): FakeMain {
  const main = new FakeMain({ session: alice, rooms: [bob, choir], ...state }, answers);
  show(Home, { client: main, mirror: main, media });
  return main;
}

async function openMenu(trigger: string, item: string): Promise<void> {
  await press("Enter", {}, button(trigger));
  await settled();
  // One that was closed may fade yet.
  await click(one("[role=menu][data-state=open] [role=menuitem]", item));
  await settled();
}

describe("while somebody rings", () => {
  it("the home window says who, and answers", async () => {
    const main = home({ rings: [ringOf("Bob", { roomName: "Choir" })] });
    expect(document.querySelector("[role=alert]")?.textContent).toContain("Bob is calling");
    expect(words()).toContain("Video call in Choir");
    await click(button("Accept"));
    await click(button("Accept without video"));
    await click(button("Decline"));
    expect(main.asked).toEqual([
      ["ring.accept", { ring: "$Bob", intent: "video", other: null }],
      ["ring.accept", { ring: "$Bob", intent: "audio", other: null }],
      ["ring.decline", { ring: "$Bob" }],
    ]);
    main.change({ rings: [] });
    await settled();
    expect(has("section", "Incoming call")).toBe(false);
  });

  it("and we are in another call, it asks what becomes of that one", async () => {
    const main = home({ rings: [ringOf("Bob", { second: true, intent: "audio" })] });
    await click(button("Hold and accept"));
    await click(button("End and accept"));
    expect(main.asked.map(([, args]) => args)).toEqual([
      { ring: "$Bob", intent: "audio", other: "hold" },
      { ring: "$Bob", intent: "audio", other: "end" },
    ]);
  });

  it("an answer that comes too late says so", async () => {
    home({ rings: [ringOf("Bob")] }, { "ring.accept": refused("ring-over") });
    await click(button("Accept"));
    expect(words()).toContain(errorText("ring-over"));
  });
});

describe("our own call", () => {
  const people = [{ user: "@bob:example.org", name: "Bob", avatar: null }] as const;
  const alone = [participant("Alice", { local: true })];

  it.each([
    ["calling", "Calling…"],
    ["ringing", "Ringing…"],
  ] as const)("is shown as %s until somebody is there", async (phase, word) => {
    const call = callState({ participants: alone, outgoing: { phase, people } });
    const main = home({ call });
    expect(one("section", "Your call").textContent).toContain(word);
    main.change({ call: { ...call, participants: [...alone, participant("Bob")] } });
    await settled();
    expect(one("section", "Your call").textContent).not.toContain(word);
  });

  it.each([
    ["declined", "They declined"],
    ["no-answer", "No answer"],
    ["busy", "Busy"],
  ] as const)("that is over says why: %s", (phase, word) => {
    home({ call: callState({ phase: "over", participants: [], outgoing: { phase, people } }) });
    expect(one("section", "Your call").textContent).toContain(word);
  });

  it("that is only prepared while somebody rings is not shown", () => {
    home({ rings: [ringOf("Bob")], call: callState({ phase: "warm", participants: [] }) });
    expect(has("section", "Your call")).toBe(false);
  });

  it("names the one that is on hold", () => {
    home({ call: callState({ held: { room: choir.id, name: "Choir", avatar: null, direct: null } }) });
    expect(words()).toContain("Choir is on hold");
  });
});

describe("the ringing of one person or room", () => {
  const chosen = (main: FakeMain) => main.asked.map(([, patch]) => patch);

  it("is kept for the person in a direct room, else for the room", async () => {
    const main = home({});
    await openMenu("More about Bob", "Ringing…");
    await click(one("[role=radio]", "Never rings"));
    await click(button("Done"));
    await openMenu("More about Choir", "Ringing…");
    await click(one("[role=radio]", "Always rings"));
    expect(chosen(main)).toEqual([
      { ringing: { "@bob:example.org": { mode: "off", tone: null, volume: null } } },
      { ringing: { [choir.id]: { mode: "on", tone: null, volume: null } } },
    ]);
  });

  it("says what is usual: a direct chat rings, a room does not", async () => {
    home({});
    await openMenu("More about Bob", "Ringing…");
    expect(has("[role=radio]", "As usual: it rings")).toBe(true);
    await click(button("Done"));
    await openMenu("More about Choir", "Ringing…");
    expect(has("[role=radio]", "As usual: it is silent")).toBe(true);
  });

  it("has a volume of its own where that is wanted", async () => {
    const main = home({});
    await openMenu("More about Bob", "Ringing…");
    await click(one("[role=switch]", ""));
    const ringing = { "@bob:example.org": { mode: "default", tone: null, volume: 0.8 } } as const;
    expect(chosen(main)).toEqual([{ ringing }]);
    main.change({ settings: { ...defaultSettings, ringing } });
    await settled();
    await press("ArrowLeft", {}, one("[role=slider]", "Ring volume"));
    expect(chosen(main).at(-1)).toEqual({
      ringing: { "@bob:example.org": { mode: "default", tone: null, volume: 0.75 } },
    });
  });

  it("is seen in its row", () => {
    const choice = (mode: RingingChoice["mode"]) => ({ mode, tone: null, volume: null });
    const ringing = { "@bob:example.org": choice("off"), [choir.id]: choice("on") };
    home({ settings: { ...defaultSettings, ringing } });
    expect(one("li", "Bob").querySelector("[aria-label='Does not ring']")).not.toBeNull();
    expect(one("li", "Choir").querySelector("[aria-label='Rings']")).not.toBeNull();
  });

  it("is forgotten once it is as usual, and leaves the others", () => {
    const off = { ...usualRinging, mode: "off" } as const;
    expect(withRinging({ a: off, b: off }, "a", usualRinging)).toEqual({ b: off });
    expect(withRinging({ b: off }, "a", off)).toEqual({ a: off, b: off });
  });
});

describe("do not disturb", () => {
  const quietUntil = (until: number | null) => ({
    settings: { ...defaultSettings, disturb: { ...defaultSettings.disturb, until } },
  });

  it("is asked for in the account menu", async () => {
    const main = home({});
    await openMenu("Account: Alice", "Until I turn it off");
    expect(main.asked).toEqual([["settings.change", { disturb: { ...defaultSettings.disturb, until: 0 } }]]);
  });

  it("for an hour ends in an hour", async () => {
    const main = home({});
    const before = Date.now();
    await openMenu("Account: Alice", "For 1 hour");
    const [, patch] = main.asked[0] ?? [];
    const until = (patch as { disturb: { until: number } }).disturb.until - 3_600_000;
    expect(until).toBeGreaterThanOrEqual(before);
    expect(until).toBeLessThanOrEqual(Date.now());
  });

  it("is seen while it is on, and turned off there or in the menu", async () => {
    const main = home(quietUntil(0));
    expect(words()).toContain("Do not disturb is on");
    await click(button("Turn off"));
    await openMenu("Account: Alice", "Turn off do not disturb");
    const off = ["settings.change", { disturb: defaultSettings.disturb }];
    expect(main.asked).toEqual([off, off]);
    main.change(quietUntil(null));
    await settled();
    expect(words()).not.toContain("Do not disturb is on");
  });

  it("that could not be kept says why", async () => {
    home({}, { "settings.change": refused("disk-full") });
    await openMenu("Account: Alice", "Until I turn it off");
    expect(words()).toContain(errorText("disk-full"));
  });
});
