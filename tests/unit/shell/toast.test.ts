import fc from "fast-check";
import { expect, test } from "vitest";

import { callToast } from "../../../electron/shell/toast.ts";
import { readXml, texts, type Element } from "./read-xml.ts";

const toast = (names: { title?: string; body?: string; button?: string }): Element =>
  readXml(
    callToast({
      tag: "tag_1-x",
      title: names.title ?? "Bob",
      body: names.body ?? "Video call",
      buttons: [
        { text: names.button ?? "Accept", accepts: true },
        { text: "Decline", accepts: false },
      ],
    }),
  );

/** XML has no way to write the others. */
const writable = (text: string) =>
  [...text.toWellFormed()]
    .filter((letter) => /[\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(letter))
    .join("");

test("a call's toast stays open, in silence, and its buttons reach the notification's own events", () => {
  const { name, attributes, children } = toast({});
  expect({ name, attributes }).toEqual({
    name: "toast",
    attributes: { scenario: "incomingCall", useButtonStyle: "true", launch: "type=click&tag=tag_1-x" },
  });
  expect(children.find((child) => child.name === "audio")?.attributes).toEqual({ silent: "true" });
  expect(
    children.find((child) => child.name === "actions")?.children.map((child) => child.attributes),
  ).toEqual([
    {
      activationType: "foreground",
      arguments: "type=action&action=0&tag=tag_1-x",
      content: "Accept",
      "hint-buttonStyle": "Success",
    },
    {
      activationType: "foreground",
      arguments: "type=action&action=1&tag=tag_1-x",
      content: "Decline",
      "hint-buttonStyle": "Critical",
    },
  ]);
});

test("a name with markup in it is text", () => {
  expect(texts(toast({ title: `</text><action arguments="x"/> & 'Co'` }))).toEqual([
    `</text><action arguments="x"/> & 'Co'`,
    "Video call",
  ]);
});

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("<", ">", "&", '"', "'", "]]>", "&amp;", "\0", "\n", "\uD800", "\uFFFE", "é"),
  }),
);

test("any name gives well-formed XML that says that name", () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (title, body, button) => {
      const read = toast({ title, body, button });
      expect(texts(read)).toEqual([writable(title), writable(body)]);
      const actions = read.children.find((child) => child.name === "actions");
      expect(actions?.children[0]?.attributes["content"]).toBe(writable(button));
    }),
  );
});
