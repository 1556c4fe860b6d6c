import fc from "fast-check";
import { expect, test } from "vitest";

import { notesText } from "../../../shared/updates/notes.ts";

test.each([
  ["plain text stays", "Rings louder.\r\n\r\n- less < more", "Rings louder.\n\n- less < more"],
  [
    "lists and headings of HTML",
    "<h2>New</h2><ul><li>Rings <b>louder</b></li><li>Hangs up</li></ul>",
    "New\n\n• Rings louder\n• Hangs up",
  ],
  [
    "what HTML would run is gone",
    "<p>Hello<script>steal()</script><style>p{}</style><img src=x onerror=steal()></p>",
    "Hello",
  ],
  ["entities are read once", "<p>&lt;b&gt; &amp;lt; &#33;&#x21;</p>", "<b> &lt; !!"],
  ["an entity that is none stays", "<p>&unknown; &#9999999;</p>", "&unknown; &#9999999;"],
  ["nothing", "", ""],
])("%s", (_name, given, text) => expect(notesText(given)).toBe(text));

test("notes of any length and kind become a text of bounded length", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.nat(200), (part, times) => {
      expect(notesText(`<p>${part.repeat(times)}`).length).toBeLessThanOrEqual(8_000);
    }),
  );
});
