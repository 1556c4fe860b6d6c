import { expect, test } from "vitest";

import { placeOf } from "../../../renderer/media/sfu-place.ts";

const token = (claims: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;

test("the same room on the same SFU is one place, whoever let us in", () => {
  const place = (url: string, room: string, sub: string) =>
    placeOf({ url, token: token({ sub, video: { room, roomJoin: true } }) });
  const here = place("wss://sfu", "å~?>room", "alice");
  expect(here).not.toBeNull();
  expect(place("wss://sfu", "å~?>room", "bob")).toBe(here);
  expect([place("wss://other", "å~?>room", "alice"), place("wss://sfu", "x", "alice")]).not.toContain(here);
});

test.each([
  ["no token", ""],
  ["no claims", "a.b.c"],
  ["claims that are no object", token("video")],
  ["claims of null", token(null)],
  ["a room that is no text", token({ video: { room: ["x"] } })],
  ["no video", token({})],
])("%s tell no place", (_what, jwt) => expect(placeOf({ url: "wss://sfu", token: jwt })).toBeNull());
