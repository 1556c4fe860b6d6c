// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import type { HomeMedia } from "../../../../renderer/home/media.ts";
import { errorText } from "../../../../shared/messages/messages.ts";
import { alice, FakeMain, refused } from "../support/fake-main.svelte.ts";
import { has, one, settled, show, type, words } from "../support/show.ts";

const carol = { user: "@carol:other.org", name: "Carol", avatar: null } as const;
const unused: HomeMedia = {
  openDevices: () => ({ cameras: [], microphones: [], speakers: [], ask: async () => {}, stop: () => {} }),
  openPreview: async () => null,
  openScanner: async () => null,
  openSound: () => ({ use: async () => true, once: async () => {}, stop: () => {} }),
};

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function home(answer: ConstructorParameters<typeof FakeMain>[1]): FakeMain {
  const main = new FakeMain({ session: alice }, answer);
  show(Home, { client: main, mirror: main, media: unused });
  return main;
}

const search = (term: string) => type(one<HTMLInputElement>("input", "Search people and rooms"), term);

async function pause(): Promise<void> {
  await vi.advanceTimersByTimeAsync(5_000);
  await settled();
}

it("asks the server once when the typing pauses, and offers whom it found", async () => {
  const main = home({ "people.search": () => [carol] });
  for (const term of ["ca", "car", "caro"]) await search(term);
  expect(main.asked).toEqual([]);
  expect(words()).toContain("Looking for people");
  await pause();
  expect(main.asked).toEqual([["people.search", { term: "caro" }]]);
  expect(has("button", "Call Carol")).toBe(true);
  expect(words()).not.toContain("Looking for people");
});

it("asks nothing for a single letter", async () => {
  const main = home({ "people.search": () => [carol] });
  await search("c");
  await pause();
  expect(main.asked).toEqual([]);
});

it("drops what was found for an earlier term", async () => {
  const late = Promise.withResolvers<readonly (typeof carol)[]>();
  home({ "people.search": ({ term }) => (term === "carol" ? late.promise : []) });
  await search("carol");
  await pause();
  await search("dave");
  await pause();
  late.resolve([carol]);
  await settled();
  expect(has("button", "Call Carol")).toBe(false);
  expect(words()).toContain("Nothing matches");
});

it("says why nobody could be looked up", async () => {
  home({ "people.search": refused("offline") });
  await search("carol");
  await pause();
  expect(words()).toContain(errorText("offline"));
});
