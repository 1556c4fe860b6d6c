import { beforeEach, expect, it } from "vitest";

import { knock, tunes } from "../../../../renderer/common/tones.ts";
import { TuneRinger } from "../../../../renderer/ring/ringer.ts";
import { ringOf } from "../support/rings.ts";

let heard: string[];
let failing: boolean;
let ringer: TuneRinger;

const nameOf = (score: unknown) =>
  score === knock ? "knock" : (Object.entries(tunes).find(([, tune]) => tune === score)?.[0] ?? "?");

beforeEach(() => {
  heard = [];
  failing = false;
  ringer = new TuneRinger((score, volume) => {
    const name = nameOf(score);
    return {
      use: async (speaker) => {
        heard.push(`${name} goes to ${speaker ?? "the system"}`);
        return !failing;
      },
      loop: () => void heard.push(`${name} at ${volume}`),
      stop: () => void heard.push(`${name} stops`),
    };
  });
});

const turn = () => Promise.resolve();

it("plays the ring's own tone at its own volume on the chosen speaker, and stops", async () => {
  ringer.use("desk");
  ringer.play(ringOf("Bob", { tone: "marimba", volume: 0.3 }));
  await turn();
  ringer.play(null);
  expect(heard).toEqual(["marimba goes to desk", "marimba at 0.3", "marimba stops"]);
});

it("goes on undisturbed while the same ring is told again", async () => {
  ringer.play(ringOf("Bob"));
  await turn();
  ringer.play({ ...ringOf("Bob") });
  expect(heard).toEqual(["carillon goes to the system", "carillon at 0.8"]);
});

it("is heard on the system's speaker where the chosen one cannot be had", async () => {
  failing = true;
  ringer.use("unplugged");
  ringer.play(ringOf("Bob"));
  await turn();
  expect(heard).toContain("carillon at 0.8");
});

it("moves to another speaker while it rings, once", async () => {
  ringer.play(ringOf("Bob"));
  await turn();
  ringer.use("desk");
  ringer.use("desk");
  expect(heard.slice(2)).toEqual(["carillon goes to desk"]);
});

it("only knocks, and at half the volume, where we are in another call", async () => {
  ringer.play(ringOf("Bob", { second: true }));
  await turn();
  expect(heard.at(-1)).toBe("knock at 0.4");
  ringer.play(ringOf("Bob", { second: false }));
  await turn();
  expect(heard.slice(2)).toEqual(["knock stops", "carillon goes to the system", "carillon at 0.8"]);
});

it("one ring gives way to the next", async () => {
  ringer.play(ringOf("Bob"));
  await turn();
  ringer.play(ringOf("Carol", { tone: "signal" }));
  await turn();
  expect(heard.slice(2)).toEqual(["carillon stops", "signal goes to the system", "signal at 0.8"]);
});
