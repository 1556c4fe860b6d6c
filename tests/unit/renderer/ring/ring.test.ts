// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import Ring from "../../../../renderer/ring/Ring.svelte";
import type { HeardRing } from "../../../../renderer/ring/ringer.ts";
import { errorText } from "../../../../shared/messages/messages.ts";
import type { RingState } from "../../../../shared/state/app-state.ts";
import { defaultSettings } from "../../../../shared/state/settings.ts";
import { FakeMain, refused } from "../support/fake-main.svelte.ts";
import { ringOf } from "../support/rings.ts";
import { button, click, has, one, press, settled, show, type, words } from "../support/show.ts";

interface Heard {
  ring: string | null;
  speaker: string | null;
}

function window(main: FakeMain, speakers: { id: string; label: string }[] = []): Heard {
  const heard: Heard = { ring: null, speaker: null };
  const ringer = {
    play: (ring: HeardRing | null) => void (heard.ring = ring?.id ?? null),
    use: (speaker: string | null) => void (heard.speaker = speaker),
  };
  show(Ring, { client: main, mirror: main, ringer, devices: { speakers } });
  return heard;
}

const rings = (...of: RingState[]) => new FakeMain({ rings: of });
const dialog = () => {
  const found = document.querySelector("[role=alertdialog]");
  if (!found) throw new Error("nobody rings");
  return found;
};
const named = (attribute: string) =>
  document.querySelector(`[id="${dialog().getAttribute(attribute)}"]`)?.textContent?.replaceAll(/\s+/g, " ");

describe("who rings", () => {
  it("is named to the eye, to a screen reader and in the window's title", () => {
    window(rings(ringOf("Bob")));
    expect(named("aria-labelledby")).toContain("Bob is calling");
    expect(named("aria-describedby")).toContain("Video call");
    expect(document.querySelector("[aria-live=assertive]")?.textContent).toContain("Bob");
    expect(document.title).toBe("Bob is calling");
  });

  it("from a room is named with the room", () => {
    window(rings(ringOf("Bob", { intent: "audio", roomName: "Choir" })));
    expect(named("aria-describedby")).toContain("Voice call in Choir");
  });

  it("is shown as written and never as HTML", () => {
    window(rings(ringOf("x", { from: { user: "@x:y", name: "<b>Bob</b>", avatar: null } })));
    expect(document.querySelector("main b")).toBeNull();
    expect(words()).toContain("<b>Bob</b>");
  });

  it("is nobody until main says who, and nobody once it is over", async () => {
    const main = rings();
    const heard = window(main);
    expect(has("button", /./)).toBe(false);
    main.change({ rings: [ringOf("Bob")] });
    await settled();
    expect(heard.ring).toBe("$Bob");
    main.change({ rings: [] });
    await settled();
    expect(heard.ring).toBeNull();
    expect(has("button", /./)).toBe(false);
  });
});

describe("answers", () => {
  it.each([
    ["Accept", ["ring.accept", { ring: "$Bob", intent: "video", other: null }]],
    ["Accept without video", ["ring.accept", { ring: "$Bob", intent: "audio", other: null }]],
    ["Decline", ["ring.decline", { ring: "$Bob" }]],
    ["Remind me", ["ring.remind", { ring: "$Bob" }]],
  ])("%s asks for %j", async (name, asked) => {
    const main = rings(ringOf("Bob"));
    window(main);
    await click(button(name));
    expect(main.asked).toEqual([asked]);
  });

  it("a voice call is accepted as one", async () => {
    const main = rings(ringOf("Bob", { intent: "audio" }));
    window(main);
    expect(has("button", "Accept without video")).toBe(false);
    await click(button("Accept"));
    expect(main.asked).toEqual([["ring.accept", { ring: "$Bob", intent: "audio", other: null }]]);
  });

  it.each([
    ["Hold and accept", "hold"],
    ["End and accept", "end"],
  ] as const)("in another call, %s says what becomes of that one", async (name, other) => {
    const main = rings(ringOf("Bob", { second: true }));
    window(main);
    expect(has("button", "Accept")).toBe(false);
    await click(button(name));
    await click(button("Without video"));
    expect(button("Without video").getAttribute("aria-pressed")).toBe("true");
    await click(button(name));
    expect(main.asked).toEqual([
      ["ring.accept", { ring: "$Bob", intent: "video", other }],
      ["ring.accept", { ring: "$Bob", intent: "audio", other }],
    ]);
  });

  it("keys do nothing by themselves: neither Enter nor Escape answers", async () => {
    const main = rings(ringOf("Bob"));
    window(main);
    expect(document.activeElement).toBe(document.body);
    await press("Enter");
    await press("Escape");
    expect(main.asked).toEqual([]);
  });

  it("one that comes too late says so", async () => {
    window(new FakeMain({ rings: [ringOf("Bob")] }, { "ring.accept": refused("ring-over") }));
    await click(button("Accept"));
    expect(document.querySelector("[role=alert]")?.textContent).toContain(errorText("ring-over"));
  });

  it("a test offers nobody a reply", () => {
    window(rings(ringOf("Alice", { test: true })));
    expect(words()).toContain("Test ring");
    expect(has("button", "Reply")).toBe(false);
    expect(has("button", "Decline")).toBe(true);
  });
});

describe("a reply", () => {
  it("can be one of those that are ready", async () => {
    const main = rings(ringOf("Bob"));
    window(main);
    await click(button("Reply"));
    await click(button("Give me a few minutes."));
    expect(main.asked).toEqual([["ring.reply", { ring: "$Bob", text: "Give me a few minutes." }]]);
  });

  it("can be in one's own words, and is not heard meanwhile", async () => {
    const main = rings(ringOf("Bob"));
    const heard = window(main);
    await click(button("Reply"));
    expect(heard.ring).toBeNull();
    const own = one<HTMLInputElement>("input", "Your own message");
    expect(document.activeElement).toBe(own);
    await click(button("Decline and send"));
    expect(main.asked).toEqual([]);
    await type(own, "  On the tram ");
    await click(button("Decline and send"));
    expect(main.asked).toEqual([["ring.reply", { ring: "$Bob", text: "On the tram" }]]);
  });

  it("is given up by Escape, back to the answers", async () => {
    const main = rings(ringOf("Bob"));
    window(main);
    await click(button("Reply"));
    expect(has("button", "Accept")).toBe(false);
    await press("Escape");
    expect(has("button", "Accept")).toBe(true);
    expect(main.asked).toEqual([]);
  });
});

describe("several rings", () => {
  const carol = ringOf("Carol", { intent: "audio" });

  it("the first is heard and shown large, the others can be answered beside it", async () => {
    const main = rings(ringOf("Bob"), carol);
    const heard = window(main);
    expect(heard.ring).toBe("$Bob");
    expect(named("aria-labelledby")).toContain("Bob is calling");
    await click(button("Decline the call of Carol"));
    await click(button("Accept the call of Carol"));
    expect(main.asked).toEqual([
      ["ring.decline", { ring: "$Carol" }],
      ["ring.accept", { ring: "$Carol", intent: "audio", other: null }],
    ]);
  });

  it("one beside it is shown large first where it must be said what becomes of our call", async () => {
    const main = rings(ringOf("Bob", { second: true }), { ...carol, second: true });
    window(main);
    await click(button("Accept the call of Carol"));
    expect(main.asked).toEqual([]);
    expect(named("aria-labelledby")).toContain("Carol is calling");
    await click(button("End and accept"));
    expect(main.asked).toEqual([["ring.accept", { ring: "$Carol", intent: "audio", other: "end" }]]);
  });

  it("the next one is heard when the first is over, and a reply to that one is not sent to the next", async () => {
    const main = rings(ringOf("Bob"), carol);
    const heard = window(main);
    await click(button("Reply"));
    main.change({ rings: [carol] });
    await settled();
    expect(heard.ring).toBe("$Carol");
    expect(has("input", "Your own message")).toBe(false);
    expect(has("button", "Accept")).toBe(true);
  });
});

describe("the speaker", () => {
  const settings = { ...defaultSettings, ringDevice: { id: "desk", label: "Desk" } };

  it.each([
    ["as chosen, before it is known which there are", [], "desk"],
    ["found again by its name", [{ id: "new", label: "Desk" }], "new"],
    ["the system's where the chosen one is gone", [{ id: "other", label: "Other" }], null],
  ])("is %s", (_which, speakers, expected) => {
    expect(window(new FakeMain({ settings, rings: [ringOf("Bob")] }), speakers).speaker).toBe(expected);
  });
});

it("follows the theme of the settings", async () => {
  const main = new FakeMain({ settings: { ...defaultSettings, theme: "dark" }, rings: [ringOf("Bob")] });
  window(main);
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  main.change({ settings: defaultSettings });
  await settled();
  expect(document.documentElement.dataset["theme"]).toBeUndefined();
});
