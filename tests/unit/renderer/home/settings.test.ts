// @vitest-environment happy-dom
import { expect, it } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import { tunes, type Score } from "../../../../renderer/common/tones.ts";
import { errorText } from "../../../../shared/messages/messages.ts";
import { defaultSettings } from "../../../../shared/state/settings.ts";
import { alice, FakeMain, refused, room } from "../support/fake-main.svelte.ts";
import {
  button,
  click,
  field,
  has,
  one,
  press,
  saidBeside,
  settled,
  show,
  type,
  words,
} from "../support/show.ts";

interface Desk {
  readonly main: FakeMain;
  asks: number;
  open: number;
  previews: number;
  readonly heard: string[];
}

/** A home window with one camera, whose account menu is opened and this item of it chosen. */
async function choose(item: string, main: FakeMain): Promise<Desk> {
  const desk: Desk = { main, asks: 0, open: 0, previews: 0, heard: [] };
  const media = {
    openDevices: () => {
      desk.open += 1;
      return {
        cameras: [{ id: "front", label: "Front camera" }],
        microphones: [],
        speakers: [{ id: "desk", label: "Desk speaker" }],
        ask: async () => void (desk.asks += 1),
        stop: () => (desk.open -= 1),
      };
    },
    openScanner: async () => null,
    openPreview: async () => {
      desk.previews += 1;
      return { attach: () => () => {}, stop: () => (desk.previews -= 1) };
    },
    openSound: (score: Score, volume: number) => ({
      use: async (speaker: string | null) => {
        desk.heard.push(`${nameOf(score)} at ${volume} on ${speaker ?? "the system's speaker"}`);
        return true;
      },
      once: () => new Promise<void>(() => {}),
      stop: () => void desk.heard.push("silence"),
    }),
  };
  show(Home, { client: main, mirror: main, media });
  await press("Enter", {}, button("Account: Alice"));
  await settled();
  await click(one("[role=menuitem]", item));
  await settled();
  return desk;
}

const nameOf = (score: Score) => Object.entries(tunes).find(([, tune]) => tune === score)?.[0] ?? "a chime";

const openTab = (name: string) => click(one("[role=tab]", name));

function switchOf(label: string): HTMLElement {
  const [found] = [...document.querySelectorAll("label")].filter(({ textContent }) => textContent === label);
  const control = document.querySelector<HTMLElement>(`[role=switch][id="${found?.htmlFor}"]`);
  if (control === null) throw new Error(`no switch is labelled ${label}`);
  return control;
}

const signedIn = (answers?: ConstructorParameters<typeof FakeMain>[1]) =>
  new FakeMain({ session: alice }, answers);

it("looks for devices while the settings are open, and no longer", async () => {
  const desk = await choose("Settings", signedIn());
  expect([desk.open, desk.asks]).toEqual([1, 1]);
  await click(button("Close"));
  expect(desk.open).toBe(0);
});

it("opens the camera for the preview alone, and lets it go with the settings", async () => {
  const desk = await choose("Settings", signedIn());
  expect(desk.previews).toBe(0);
  await click(button("Show preview"));
  expect(desk.previews).toBe(1);
  expect(has("video", "Camera preview")).toBe(true);
  await click(button("Close"));
  expect(desk.previews).toBe(0);
});

it.each([
  ["Join with the camera on", { startWithCamera: false }],
  ["Join with the microphone muted", { startMuted: true }],
])("the switch %s changes %j", async (label, patch) => {
  const { main } = await choose("Settings", signedIn());
  await click(switchOf(label));
  expect(main.asked).toEqual([["settings.change", patch]]);
});

it("changes the theme", async () => {
  const { main } = await choose("Settings", signedIn());
  await openTab("General");
  await click(one("[role=radio]", "Dark"));
  expect(main.asked).toEqual([["settings.change", { theme: "dark" }]]);
});

it("says why a setting could not be kept", async () => {
  await choose("Settings", signedIn({ "settings.change": refused("disk-full") }));
  await openTab("General");
  await click(one("[role=radio]", "Dark"));
  expect(words()).toContain(errorText("disk-full"));
});

it.each(["rtc.example.org", "ftp://rtc.example.org", "http://rtc.example.org", "javascript:alert(1)"])(
  "takes %s for no call server",
  async (address) => {
    const { main } = await choose("Settings", signedIn());
    await openTab("General");
    await type(field("Address of the call server"), address);
    await click(button("Save"));
    expect(saidBeside("Address of the call server")).toContain("no address of a call server");
    expect(main.asked).toEqual([]);
  },
);

it.each([
  ["https://rtc.example.org", "https://rtc.example.org"],
  [" http://127.0.0.1:8080 ", "http://127.0.0.1:8080"],
  ["", null],
])("keeps the call server %j as %j", async (address, serviceUrl) => {
  const settings = { ...defaultSettings, serviceUrl: "https://old.example.org" };
  const { main } = await choose("Settings", new FakeMain({ session: alice, settings }));
  await openTab("General");
  await type(field("Address of the call server"), address);
  await click(button("Save"));
  expect(main.asked).toEqual([["settings.change", { serviceUrl }]]);
});

it("signs out only after it has been confirmed", async () => {
  const { main } = await choose("Sign out", signedIn());
  expect(words()).toContain("Carillon forgets @alice:example.org");
  await click(button("Cancel"));
  expect(main.asked).toEqual([]);
});

it("signs out, and says why where that fails", async () => {
  const { main } = await choose("Sign out", signedIn({ "session.logout": refused("offline") }));
  await click(button("Sign out"));
  expect(main.asked).toEqual([["session.logout", {}]]);
  expect(words()).toContain(errorText("offline"));
});

const settingsOf = (main: FakeMain) => main.asked.filter(([name]) => name === "settings.change");

it("changes the ring tone, and lets it be heard as it would ring until told to stop", async () => {
  const settings = {
    ...defaultSettings,
    ringVolume: 0.5,
    ringDevice: { id: "gone", label: "Desk speaker" },
  };
  const desk = await choose("Settings", new FakeMain({ session: alice, settings }));
  await openTab("Ringing");
  await click(button("Play Marimba"));
  expect(desk.heard).toEqual(["marimba at 0.5 on desk"]);
  await click(button("Play Signal"));
  expect(desk.heard.slice(1)).toEqual(["silence", "signal at 0.5 on desk"]);
  await click(button("Stop Signal"));
  expect(desk.heard.at(-1)).toBe("silence");
  await click(one("[role=radio]", "Signal"));
  expect(settingsOf(desk.main)).toEqual([["settings.change", { ringTone: "signal" }]]);
});

it("a tone that is tried stops with the settings", async () => {
  const desk = await choose("Settings", signedIn());
  await openTab("Ringing");
  await click(button("Play Carillon"));
  await click(button("Close"));
  expect(desk.heard.at(-1)).toBe("silence");
});

it("changes the ring volume by keys", async () => {
  const { main } = await choose("Settings", signedIn());
  await openTab("Ringing");
  await press("ArrowRight", {}, one("[role=slider]", "Ring volume"));
  expect(settingsOf(main)).toEqual([["settings.change", { ringVolume: 0.85 }]]);
});

it("tests the ring by asking main for one, and says where that fails", async () => {
  const { main } = await choose("Settings", signedIn({ "ring.test": refused("offline") }));
  await openTab("Ringing");
  await click(button("Test ring"));
  expect(main.asked).toEqual([["ring.test", {}]]);
  expect(words()).toContain(errorText("offline"));
});

it("turns off connecting while it rings", async () => {
  const { main } = await choose("Settings", signedIn());
  await openTab("Ringing");
  await click(switchOf("Connect while it rings"));
  expect(settingsOf(main)).toEqual([["settings.change", { warmJoin: false }]]);
});

it("lists who rings in a way of their own, and opens that", async () => {
  const settings = {
    ...defaultSettings,
    ringing: { "@bob:example.org": { mode: "off", tone: null, volume: null } as const },
  };
  const rooms = [room("Bob", { direct: "@bob:example.org" }), room("Choir")];
  await choose("Settings", new FakeMain({ session: alice, settings, rooms }));
  await openTab("Ringing");
  expect(has("button", "Change ringing of Choir")).toBe(false);
  await click(button("Change ringing of Bob"));
  await settled();
  expect(has("[role=dialog] h2, [role=dialog] [role=heading]", "Ringing of Bob")).toBe(true);
});

it("offers of the desktop only what it can do", async () => {
  const desktop = { tray: true, loginItem: true, disturb: true };
  const main = signedIn();
  await choose("Settings", main);
  await openTab("General");
  expect(words()).not.toContain("Start at login");
  expect(words()).not.toContain("Keep running when I close the window");
  await openTab("Do not disturb");
  expect(words()).not.toContain("Follow the computer's do-not-disturb");
  main.change({ desktop });
  await settled();
  await click(switchOf("Follow the computer's do-not-disturb"));
  await openTab("General");
  await click(switchOf("Start at login"));
  await click(switchOf("Keep running when I close the window"));
  expect(settingsOf(main)).toEqual([
    ["settings.change", { disturb: { ...defaultSettings.disturb, system: false } }],
    ["settings.change", { startAtLogin: true }],
    ["settings.change", { closeToTray: false }],
  ]);
});

it("plans quiet hours: on, from when, on which days", async () => {
  const on = { ...defaultSettings.disturb.schedule, on: true };
  const main = signedIn();
  await choose("Settings", main);
  await openTab("Do not disturb");
  await click(switchOf("Quiet at the same hours"));
  main.change({ settings: { ...defaultSettings, disturb: { ...defaultSettings.disturb, schedule: on } } });
  await settled();
  const from = field("From");
  expect(from.value).toBe("22:00");
  from.value = "23:30";
  from.dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
  await click(one("input", "Sunday"));
  const asked = settingsOf(main).map(([, patch]) => patch);
  expect(asked).toMatchObject([
    { disturb: { schedule: on } },
    { disturb: { schedule: { ...on, from: 23 * 60 + 30 } } },
    { disturb: { schedule: { ...on, days: [1, 2, 3, 4, 5, 6] } } },
  ]);
});

it("a half-typed time changes nothing", async () => {
  const disturb = { ...defaultSettings.disturb, schedule: { ...defaultSettings.disturb.schedule, on: true } };
  const main = new FakeMain({ session: alice, settings: { ...defaultSettings, disturb } });
  await choose("Settings", main);
  await openTab("Do not disturb");
  const to = field("To");
  to.value = "";
  to.dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
  expect(settingsOf(main)).toEqual([]);
});
