import { expect, test } from "vitest";

import { groupsOf } from "../../../../renderer/call/safety.ts";

test.each([
  ["12345 67890", ["12345", "67890"]],
  ["1234567890123", ["12345", "67890", "123"]],
  ["", []],
])("%j is read as %j", (code, groups) => {
  expect(groupsOf(code)).toEqual(groups);
});
