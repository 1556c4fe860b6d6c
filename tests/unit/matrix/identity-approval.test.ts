import { MatrixError } from "matrix-js-sdk";
import { expect, test } from "vitest";

import { Approval } from "../../../electron/matrix/identity-approval.ts";
import { authorised } from "../../../electron/matrix/interactive-auth.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const STAGE = "m.oauth";
const refusal = new MatrixError(
  {
    session: "s",
    flows: [{ stages: [STAGE] }],
    params: { [STAGE]: { url: "https://account.example.org/?action=reset" } },
  },
  401,
);

/** Somebody who is asked in the browser; `onAsked` says what the server answers to each request. */
function reset(onAsked: (count: number, approval: Approval) => Promise<void>) {
  const clock = new FakeClock();
  const approval = new Approval(clock);
  let asked = 0;
  let code: unknown = "under way";
  authorised(() => onAsked(++asked, approval), {
    user: "@alice:example.org",
    homeserver: "https://hs.example.org",
    password: null,
    browser: () => Promise.resolve(),
    pause: approval.pause,
  }).then(
    () => (code = "done"),
    (error: { code: unknown }) => (code = error.code),
  );
  return { clock, approval, asked: () => asked, code: () => code };
}

test("it is asked until somebody approved", async () => {
  const { clock, asked, code } = reset((count) => (count < 4 ? Promise.reject(refusal) : Promise.resolve()));
  await clock.until("approved", () => code() === "done");
  expect(asked()).toBe(4);
});

test("it ends where nobody approves", async () => {
  const { clock, code } = reset(() => Promise.reject(refusal));
  await clock.advance(4 * 60_000);
  expect(code()).toBe("under way");
  await clock.advance(2 * 60_000);
  expect(code()).toBe("approval-needed");
});

test("a cancel between two requests ends it at once", async () => {
  const { clock, approval, code } = reset(() => Promise.reject(refusal));
  await clock.advance(4_000);
  approval.cancel();
  await clock.advance(0);
  expect(code()).toBe("login-cancelled");
});

test.each([1, 2])("a cancel while request %i is under way ends it", async (during) => {
  const { clock, asked, code } = reset((count, approval) => {
    if (count === during) approval.cancel();
    return Promise.reject(refusal);
  });
  await clock.advance(60_000);
  expect(code()).toBe("login-cancelled");
  expect(asked()).toBe(during);
});
