import { expect, it } from "vitest";

import { Attempt } from "../../../../renderer/common/attempt.svelte.ts";
import { AppError } from "../../../../shared/errors.ts";

it("is busy until the work is done, and starts no second work meanwhile", async () => {
  const attempt = new Attempt();
  const { promise, resolve } = Promise.withResolvers<void>();
  let second = false;

  const first = attempt.run(() => promise);
  await attempt.run(async () => (second = true));
  expect([attempt.busy, second]).toEqual([true, false]);

  resolve();
  await first;
  expect([attempt.busy, attempt.error]).toEqual([false, null]);
});

it("keeps the code of a failure until dismissed or tried again", async () => {
  const attempt = new Attempt();
  const fail = () => attempt.run(() => Promise.reject(new AppError("offline")));

  await fail();
  expect([attempt.busy, attempt.error]).toEqual([false, "offline"]);
  attempt.dismiss();
  expect(attempt.error).toBeNull();

  await fail();
  await attempt.run(() => Promise.resolve());
  expect(attempt.error).toBeNull();
});

it("calls an unforeseen failure internal", async () => {
  const attempt = new Attempt();
  await attempt.run(() => Promise.reject(new TypeError("secret detail")));
  expect(attempt.error).toBe("internal");
});
