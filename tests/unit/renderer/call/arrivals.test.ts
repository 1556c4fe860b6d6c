import { expect, it } from "vitest";

import { arrivals } from "../../../../renderer/call/arrivals.ts";
import { participant } from "../support/fake-call.svelte.ts";

const [alice, bob, carol] = [participant("Alice", { local: true }), participant("Bob"), participant("Carol")];

it("tells who came and who went", () => {
  expect(arrivals([alice, bob], [alice, carol])).toBe("Carol joined. Bob left");
});

it("tells nothing of oneself or of what else changes", () => {
  expect(arrivals([bob], [alice, { ...bob, key: "have" }])).toBe("");
});
