import { expect, test } from "vitest";

import { promptFor } from "../../../../../renderer/home/identity/prompt.ts";
import { identity, unverified } from "../../support/identities.ts";

test.each([
  ["nothing is known yet", identity({ device: "unknown", account: "unknown", recovery: "unknown" }), null],
  ["a new account's identity is being made", identity({ device: "unknown", account: "none" }), null],
  ["all is well", identity(), null],
  ["whether there is a recovery key is not known", identity({ recovery: "unknown" }), null],
  ["the device is not verified", unverified(), "verify"],
  ["neither it is, nor is there a recovery key", unverified({ recovery: "unset" }), "verify"],
  ["the account has no identity", unverified({ account: "none", recovery: "unset" }), "set-up"],
  ["the account has no recovery key", identity({ recovery: "unset" }), "save-key"],
])("where %s", (_what, state, prompt) => {
  expect(promptFor(state)).toBe(prompt);
});
