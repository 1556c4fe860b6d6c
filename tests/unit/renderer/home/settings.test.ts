// @vitest-environment happy-dom
import { expect, it } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import { errorText } from "../../../../shared/messages/messages.ts";
import { defaultSettings } from "../../../../shared/state/settings.ts";
import { alice, FakeMain, refused } from "../support/fake-main.svelte.ts";
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
}

/** A home window with one camera, whose account menu is opened and this item of it chosen. */
async function choose(item: string, main: FakeMain): Promise<Desk> {
  const desk: Desk = { main, asks: 0, open: 0, previews: 0 };
  const media = {
    openDevices: () => {
      desk.open += 1;
      return {
        cameras: [{ id: "front", label: "Front camera" }],
        microphones: [],
        speakers: [],
        ask: async () => void (desk.asks += 1),
        stop: () => (desk.open -= 1),
      };
    },
    openPreview: async () => {
      desk.previews += 1;
      return { attach: () => () => {}, stop: () => (desk.previews -= 1) };
    },
  };
  show(Home, { client: main, mirror: main, media });
  await press("Enter", {}, button("Account: Alice"));
  await settled();
  await click(one("[role=menuitem]", item));
  await settled();
  return desk;
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
  const [found] = [...document.querySelectorAll("label")].filter(({ textContent }) => textContent === label);
  const control = document.querySelector<HTMLElement>(`[role=switch][id="${found?.htmlFor}"]`);
  if (control === null) throw new Error(`no switch is labelled ${label}`);
  await click(control);
  expect(main.asked).toEqual([["settings.change", patch]]);
});

it("changes the theme", async () => {
  const { main } = await choose("Settings", signedIn());
  await click(one("[role=radio]", "Dark"));
  expect(main.asked).toEqual([["settings.change", { theme: "dark" }]]);
});

it("says why a setting could not be kept", async () => {
  await choose("Settings", signedIn({ "settings.change": refused("disk-full") }));
  await click(one("[role=radio]", "Dark"));
  expect(words()).toContain(errorText("disk-full"));
});

it.each(["rtc.example.org", "ftp://rtc.example.org", "http://rtc.example.org", "javascript:alert(1)"])(
  "takes %s for no call server",
  async (address) => {
    const { main } = await choose("Settings", signedIn());
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
