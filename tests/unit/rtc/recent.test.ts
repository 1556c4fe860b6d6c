import { expect, test } from "vitest";

import { Recent } from "../../../electron/rtc/recent.ts";

test("what was used last is kept, however many names come", () => {
  const recent = new Recent<number>();
  recent.set("ours", 1);
  for (let at = 0; at < 49; at++) recent.set(`theirs ${at}`, at);
  expect(recent.get("ours")).toBe(1);
  recent.set("one more", 2);
  expect([recent.get("theirs 0"), recent.get("theirs 1"), recent.get("ours")]).toEqual([undefined, 1, 1]);
  for (let at = 0; at < 50; at++) recent.set(`more ${at}`, at);
  expect([recent.get("ours"), recent.get("more 0")]).toEqual([undefined, 0]);
  recent.delete("more 0");
  expect(recent.get("more 0")).toBeUndefined();
});
