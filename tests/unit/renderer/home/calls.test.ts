// @vitest-environment happy-dom
import { describe, expect, it, onTestFinished } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import { t } from "../../../../shared/messages/messages.ts";
import type { AppState, CallEntry } from "../../../../shared/state/app-state.ts";
import { alice, FakeMain, room } from "../support/fake-main.svelte.ts";
import { button, click, has, one, press, settled, show, type, words } from "../support/show.ts";

const bob = { user: "@bob:example.org", name: "Bob", avatar: null } as const;
const carol = { user: "@carol:example.org", name: "Carol", avatar: null } as const;
const bobs = room("Bob", { direct: bob.user });
const choir = room("Choir");

let count = 0;
const entry = (more: Partial<CallEntry> = {}): CallEntry => ({
  id: `$call${(count += 1)}`,
  room: bobs.id,
  name: "Bob",
  avatar: null,
  direct: bob.user,
  direction: "incoming",
  outcome: "answered",
  intent: "audio",
  caller: bob,
  people: [bob],
  startedAt: Date.now(),
  talkedMs: null,
  fresh: false,
  ...more,
});

const media = {
  openDevices: () => ({ cameras: [], microphones: [], speakers: [], ask: async () => {}, stop: () => {} }),
  openPreview: async () => null,
  openScanner: async () => null,
  openSound: () => ({ use: async () => true, once: async () => {}, stop: () => {} }),
};

function home(state: Partial<AppState>): FakeMain {
  const main = new FakeMain({ session: alice, rooms: [bobs, choir], ...state });
  show(Home, { client: main, mirror: main, media });
  return main;
}

const tab = () => one<HTMLElement>("[role=tab]", /^Calls/);
const openCalls = () => click(tab());
const seen = (main: FakeMain) => main.asked.filter(([name]) => name === "calls.seen").length;

/** What one reads in the rows, each as one line. */
const rows = () =>
  [...document.querySelectorAll("[role=tabpanel] li")].map((row) =>
    (row.textContent ?? "").replaceAll(/\s+/g, " ").trim(),
  );

function hide(hidden: boolean): void {
  Object.defineProperty(document, "visibilityState", {
    configurable: true,
    value: hidden ? "hidden" : "visible",
  });
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("how each call went", () => {
  it.each([
    [{ outcome: "answered" }, "Incoming"],
    [{ outcome: "missed" }, "Missed"],
    [{ outcome: "declined" }, "You declined"],
    [{ outcome: "elsewhere" }, "On another device"],
    [{ direction: "outgoing", outcome: "answered" }, "Outgoing"],
    [{ direction: "outgoing", outcome: "declined" }, "They declined"],
    [{ direction: "outgoing", outcome: "no-answer" }, "No answer"],
    [{ direction: "outgoing", outcome: "busy" }, "Busy"],
    [{ direction: "outgoing", outcome: "cancelled" }, "Cancelled"],
  ] as const)("%j is “%s”", async (more, word) => {
    home({ calls: [entry(more)] });
    await openCalls();
    expect(rows()).toHaveLength(1);
    expect(rows()[0]).toContain(word);
  });

  it("says who took part, and how long", async () => {
    const inChoir = { room: choir.id, name: "Choir", direct: null, people: [bob, carol], talkedMs: 725_000 };
    home({ calls: [entry(inChoir), entry({ talkedMs: 62_000 })] });
    await openCalls();
    expect(rows()[0]).toContain("12 min with Bob and Carol");
    expect(rows()[1]).toContain("1 min");
  });

  it("says who rang a room that nobody answered", async () => {
    home({ calls: [entry({ room: choir.id, name: "Choir", direct: null, people: [], outcome: "missed" })] });
    await openCalls();
    expect(rows()[0]).toContain("Bob called");
  });

  it("is sorted by day, the newest first", async () => {
    const day = 86_400_000;
    const calls = [entry({ startedAt: Date.now() - 400 * day, name: "Old" }), entry({ name: "New" })];
    home({ calls });
    await openCalls();
    const headings = [...document.querySelectorAll("[role=tabpanel] h2")].map((h) => h.textContent?.trim());
    expect(headings[0]).toBe("Today");
    expect(headings).toHaveLength(2);
    expect(rows().map((row) => row.includes("New"))).toEqual([true, false]);
  });
});

describe("calling back", () => {
  it.each([
    ["audio", "Call Bob back"],
    ["video", "Call Bob back with video"],
  ] as const)("is a %s call as the call was", async (intent, name) => {
    const main = home({ calls: [entry({ intent })] });
    await openCalls();
    await click(button(name));
    expect(main.asked).toEqual([["call.open", { room: bobs.id, intent }]]);
  });

  it("is not offered where we are gone from the room or may not call", async () => {
    const ops = room("Ops", { canCall: false });
    const main = home({
      rooms: [bobs, ops],
      calls: [
        entry({ room: ops.id, name: "Ops", direct: null }),
        entry({ room: "!gone:example.org", name: "Gone", direct: null }),
      ],
    });
    await openCalls();
    await click(button("Call Ops back"));
    await click(button("Call Gone back"));
    expect(main.asked).toEqual([]);
  });
});

describe("what is missed", () => {
  const missed = entry({ outcome: "missed", fresh: true });

  it("is counted on the tab, to the eye and to a screen reader", async () => {
    const main = home({ calls: [missed], missed: 2 });
    expect(tab().textContent).toContain("2 missed calls");
    expect(tab().querySelector("[aria-hidden=true]")?.textContent).toBe("2");
    main.change({ missed: 0 });
    await settled();
    expect(tab().textContent?.trim()).toBe("Calls");
  });

  it("is seen when its list is shown, and stays marked while one looks", async () => {
    const main = home({ calls: [missed], missed: 1 });
    expect(seen(main)).toBe(0);
    await openCalls();
    expect(seen(main)).toBe(1);
    main.change({ calls: [{ ...missed, fresh: false }], missed: 0 });
    await settled();
    expect(has("[role=img]", "New")).toBe(true);
    expect(seen(main)).toBe(1);
    await click(one("[role=tab]", "People and rooms"));
    await openCalls();
    expect(has("[role=img]", "New")).toBe(false);
  });

  it("is not seen while the window is hidden, but once it is shown again", async () => {
    onTestFinished(() => hide(false));
    const main = home({ calls: [], missed: 0 });
    await openCalls();
    hide(true);
    main.change({ calls: [missed], missed: 1 });
    await settled();
    expect(seen(main)).toBe(0);
    hide(false);
    await settled();
    expect(seen(main)).toBe(1);
  });
});

it("an empty list says what will be in it", async () => {
  home({});
  await openCalls();
  expect(words()).toContain("No calls yet");
});

it("the search looks through the calls, by name and by who took part", async () => {
  const inChoir = { room: choir.id, name: "Choir", direct: null, people: [carol], caller: carol } as const;
  home({ calls: [entry(), entry(inChoir)] });
  await openCalls();
  const search = one<HTMLInputElement>("input", "Search people and rooms");
  await type(search, "carol");
  expect(rows()).toHaveLength(1);
  expect(rows()[0]).toContain("Choir");
  await type(search, "zzz");
  expect(words()).toContain("No call matches “zzz”");
});

it("a running call stands above the calls that are over", async () => {
  home({ rooms: [room("Party", { call: { since: 0, intent: "video", people: [bob] } })], calls: [entry()] });
  await openCalls();
  expect(has("button", "Join call in Party")).toBe(true);
  expect(words().indexOf("Party")).toBeLessThan(words().indexOf("Incoming"));
});

it("the tabs are moved by arrow keys", async () => {
  home({ calls: [entry()] });
  const people = one<HTMLElement>("[role=tab]", "People and rooms");
  people.focus();
  await press("ArrowRight", {}, people);
  await settled();
  expect(tab().getAttribute("aria-selected")).toBe("true");
});

it("what a link asked for is searched, and main is told that it is shown", async () => {
  const main = home({ calls: [entry()] });
  await openCalls();
  main.change({ lookup: "@bob:example.org" });
  await settled();
  expect(one<HTMLInputElement>("input", "Search people and rooms").value).toBe("@bob:example.org");
  expect(has("li", "Bob")).toBe(true);
  expect(main.asked.filter(([name]) => name === "lookup.shown")).toHaveLength(1);
});

it("a call of a name that looks like HTML is words", async () => {
  home({ calls: [entry({ name: "<b>Bob</b>" })] });
  await openCalls();
  expect(document.querySelector("[role=tabpanel] b")).toBeNull();
  expect(words()).toContain(t("calls.incoming"));
});
