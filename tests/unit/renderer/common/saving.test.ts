import { expect, it } from "vitest";

import { Saving } from "../../../../renderer/common/saving.svelte.ts";
import { AppError } from "../../../../shared/errors.ts";

it("does one thing after the other, and leaves none out", async () => {
  const saving = new Saving();
  const first = Promise.withResolvers<void>();
  const done: string[] = [];
  void saving.run(async () => {
    await first.promise;
    done.push("first");
  });
  const second = saving.run(async () => void done.push("second"));
  expect(done).toEqual([]);
  first.resolve();
  await second;
  expect(done).toEqual(["first", "second"]);
});

it("goes on after one that failed, whose error is told until the next is asked for", async () => {
  const saving = new Saving();
  await saving.run(() => Promise.reject(new AppError("disk-full")));
  expect(saving.error).toBe("disk-full");
  const next = saving.run(async () => {});
  expect(saving.error).toBeNull();
  await next;
  await saving.run(() => Promise.reject(new AppError("offline")));
  saving.dismiss();
  expect(saving.error).toBeNull();
});
