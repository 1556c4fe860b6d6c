import { expect, test } from "vitest";

import { en } from "../../../shared/messages/en.ts";
import { errorText, t } from "../../../shared/messages/messages.ts";

test("an error is a sentence", () => {
  expect(errorText("wrong-password")).toBe("Wrong username or password. Check both and try again.");
});

test("no message is empty, and none keeps a brace that is no parameter", () => {
  for (const text of Object.values(en)) {
    expect(text.trim()).not.toBe("");
    expect(text.replaceAll(/\{\w+(\|[^|}]*\|[^|}]*)?\}/g, "")).not.toMatch(/[{}]/);
  }
});

test("every error says what to do or what happens next, in more than a word", () => {
  const errors = Object.entries(en).filter(([key]) => key.startsWith("error."));
  for (const [key, text] of errors) expect(text.split(" ").length, key).toBeGreaterThan(4);
});

test("a message without parameters is its text", () => {
  expect(t("app.name")).toBe("Carillon");
});
