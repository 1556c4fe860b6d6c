// @vitest-environment happy-dom
import { expect, it } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import type { Invitation } from "../../../../shared/state/app-state.ts";
import { errorText } from "../../../../shared/messages/messages.ts";
import { alice, FakeMain, refused } from "../support/fake-main.svelte.ts";
import { button, click, has, one, show, type, words } from "../support/show.ts";

const invitation: Invitation = {
  room: "!new:example.org",
  name: "Bob",
  avatar: null,
  from: { user: "@bob:example.org", name: "Bob", avatar: null },
  direct: true,
};
const silence = { use: async () => true, once: async () => {}, stop: () => {} };
const media = {
  openDevices: () => ({ cameras: [], microphones: [], speakers: [], ask: async () => {}, stop: () => {} }),
  openPreview: async () => null,
  openScanner: async () => null,
  openSound: () => silence,
};

function home(main: FakeMain): FakeMain {
  show(Home, { client: main, mirror: main, media });
  return main;
}

it("an invitation names who it is from, by an address that cannot be made up", () => {
  home(new FakeMain({ session: alice, invitations: [invitation] }));
  expect(words()).toContain("@bob:example.org wants to talk to you");
});

it.each([
  ["Accept", "room.accept"],
  ["Decline", "room.refuse"],
])("%s answers it", async (name, command) => {
  const main = home(new FakeMain({ session: alice, invitations: [invitation] }));
  await click(button(name));
  expect(main.asked).toContainEqual([command, { room: invitation.room }]);
});

it("an answer that fails says why, beside the invitation", async () => {
  home(new FakeMain({ session: alice, invitations: [invitation] }, { "room.accept": refused("offline") }));
  await click(button("Accept"));
  expect(document.querySelector("[role=alert]")?.textContent).toContain(errorText("offline"));
});

it("a search leaves the invitations whose room or sender it names", async () => {
  home(new FakeMain({ session: alice, invitations: [invitation] }));
  const search = one<HTMLInputElement>("input", "Search people and rooms");
  await type(search, "bob");
  expect(has("li", "Invitation to Bob")).toBe(true);
  await type(search, "nobody");
  expect(has("li", "Invitation to Bob")).toBe(false);
});

it("a name is words and never markup", () => {
  home(
    new FakeMain({ session: alice, invitations: [{ ...invitation, name: "<img src=x onerror=alert(1)>" }] }),
  );
  expect(document.querySelector("main img")).toBeNull();
  expect(words()).toContain("<img src=x");
});
