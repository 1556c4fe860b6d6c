// @vitest-environment happy-dom
import { expect, it, onTestFinished, vi } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import { errorText } from "../../../../shared/messages/messages.ts";
import type { OtherSession } from "../../../../shared/state/app-state.ts";
import { noMedia } from "../support/fake-media.ts";
import { alice, FakeMain, refused, room } from "../support/fake-main.svelte.ts";
import { button, click, has, one, settled, show, words } from "../support/show.ts";

const person = (name: string) => ({ user: `@${name}:example.org` as const, name, avatar: null });
const whiteboard: OtherSession = {
  slot: "org.example.whiteboard#1",
  application: "org.example.whiteboard",
  transport: null,
  since: 0,
  people: [person("Bob"), person("Carol")],
};

function home(main: FakeMain): FakeMain {
  show(Home, { client: main, mirror: main, media: noMedia });
  return main;
}

it("shows what goes on in other apps with its people, and leaves the room's calls as they are", async () => {
  const studio = room("Studio", { others: [whiteboard] });
  const main = home(new FakeMain({ session: alice, rooms: [studio] }));
  const card = one("li", "Whiteboard in Studio");
  expect(card.textContent).toContain("Bob and Carol");
  expect(card.textContent).toContain("Open the room in another Matrix app");
  expect(has("[role=img]", "Whiteboard")).toBe(true);
  await click(button("Call Studio"));
  expect(main.asked).toEqual([["call.open", { room: studio.id, intent: "audio" }]]);
  main.change({ rooms: [room("Studio")] });
  await settled();
  expect(has("li", "Whiteboard in Studio")).toBe(false);
});

it("shows it beside a running call of the same room, each session of its own", () => {
  const call = { since: 0, intent: "video" as const, people: [person("Dora")] };
  const game = { ...whiteboard, slot: "org.example.chess#1", application: "org.example.chess", since: 5 };
  home(new FakeMain({ session: alice, rooms: [room("Studio", { call, others: [whiteboard, game] })] }));
  expect(has("button", "Join call in Studio")).toBe(true);
  const cards = [...document.querySelectorAll("li")].map((item) => item.getAttribute("aria-label"));
  expect(cards).toEqual(["Studio", "Game in Studio", "Whiteboard in Studio"]);
});

it("asks main to open the room elsewhere, and says what went wrong", async () => {
  const studio = room("Studio", { others: [whiteboard] });
  const main = home(
    new FakeMain({ session: alice, rooms: [studio] }, { "room.open-elsewhere": refused("internal") }),
  );
  await click(button("Open Studio in another Matrix app"));
  expect(main.asked).toEqual([["room.open-elsewhere", { room: studio.id }]]);
  expect(words()).toContain(errorText("internal"));
});

it("copies the room's link, and says whether it could", async () => {
  const copied: string[] = [];
  let works = true;
  const writeText = async (text: string) => {
    if (!works) throw new Error("refused");
    copied.push(text);
  };
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
  onTestFinished(() => void vi.unstubAllGlobals());
  home(new FakeMain({ session: alice, rooms: [room("Studio", { others: [whiteboard] })] }));
  await click(button("Copy the link of Studio"));
  expect(copied).toEqual(["https://matrix.to/#/!Studio%3Aexample.org?via=example.org"]);
  expect(words()).toContain("Link copied");
  works = false;
  await click(button("Copy the link of Studio"));
  expect(words()).toContain("The link could not be copied.");
});

it("names applications as text, never as HTML", () => {
  const application = `<img src=x onerror="alert(1)">`;
  home(
    new FakeMain({ session: alice, rooms: [room("Studio", { others: [{ ...whiteboard, application }] })] }),
  );
  expect(document.querySelectorAll("img")).toHaveLength(0);
  expect(words()).toContain("<img");
});
