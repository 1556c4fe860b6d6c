import { expect, test } from "vitest";

import { askCommand } from "../../../electron/shell/ask-command.ts";

test("a program's words are its answer", async () => {
  expect(await askCommand([process.execPath, "-p", "6 * 7"], 60_000)).toBe("42\n");
});

test("a program that is not there, fails or does not end has no answer", async () => {
  expect(await askCommand(["carillon-no-such-program"], 60_000)).toBe(null);
  expect(await askCommand([process.execPath, "-e", "console.log(1); process.exit(1)"], 60_000)).toBe(null);
  expect(await askCommand([process.execPath, "-e", "setInterval(() => {}, 1000)"], 200)).toBe(null);
});
