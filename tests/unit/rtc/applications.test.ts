import * as fc from "fast-check";
import { expect, test } from "vitest";

import { readableName, sessionName } from "../../../shared/rtc/applications.ts";

test.each([
  ["org.example.whiteboard", "Whiteboard"],
  ["com.excalidraw.board", "Whiteboard"],
  ["org.example.chess", "Game"],
  ["m.thirdroom", "Virtual world"],
  ["org.jitsi.meet", "Jitsi"],
  ["org.example.shared_notes", "Shared notes"],
  ["com.example.pairProgramming.v2", "Pair programming"],
  ["stage-lights", "Stage lights"],
  ["https://example.org/karaoke", "Karaoke"],
  ["m.v1", "Something else"],
  ["…", "…"],
  [" \u202e\n", "Something else"],
])("%j reads %j", (written, name) => {
  expect(readableName(written)).toBe(name);
});

test("a call that we cannot take part in is named by the transport that keeps us out, one in another slot as another", () => {
  expect(sessionName({ application: "m.call", transport: "m.jitsi" })).toBe("Jitsi call");
  expect(sessionName({ application: "m.call", transport: "org.example.full_mesh" })).toBe("Full mesh call");
  expect(sessionName({ application: "m.call", transport: null })).toBe("Another call");
});

test("whatever somebody calls an application, its name is one short line that is not empty", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (written) => {
      const name = readableName(written);
      expect(Array.from(name).length).toBeLessThanOrEqual(41);
      expect(name).toMatch(/^[^\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u);
    }),
  );
});
