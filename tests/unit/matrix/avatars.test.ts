import * as fc from "fast-check";
import { createClient } from "matrix-js-sdk";
import { expect, test } from "vitest";

import { Avatars, avatarUrl } from "../../../electron/matrix/avatars.ts";

/** A homeserver that gives this for every thumbnail. */
function served(answer: () => Response | Promise<Response>) {
  const asked: { url: string; headers: Headers }[] = [];
  const client = createClient({ baseUrl: "https://hs", accessToken: "token", userId: "@alice:hs" });
  const avatars = new Avatars(client, async (input, init) => {
    asked.push({ url: String(input), headers: new Headers(init?.headers) });
    return answer();
  });
  return { avatars, asked };
}
const typed = (type: string) => () => new Response("bytes", { headers: { "content-type": type } });

test("a picture comes by authenticated media, once", async () => {
  const { avatars, asked } = served(typed("image/png; charset=binary"));
  for (let time = 0; time < 2; time++) {
    const picture = await avatars.get("/avatar/example.org/pic");
    expect(picture?.type).toBe("image/png");
    expect(new TextDecoder().decode(picture?.bytes)).toBe("bytes");
  }
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toMatch(/^https:\/\/hs\/_matrix\/client\/v1\/media\/thumbnail\/example\.org\/pic\?/);
  expect(asked[0]?.headers.get("authorization")).toBe("Bearer token");
});

test.each(["text/html", "image/svg+xml", "application/javascript", "image/png, text/html", "", "IMAGE/"])(
  "%j is no picture",
  async (type) => {
    expect(await served(typed(type)).avatars.get("/avatar/example.org/pic")).toBeNull();
  },
);

test("an error is no picture, and a network that was away is asked again", async () => {
  const gone = served(() => new Response("no", { status: 404, headers: { "content-type": "image/png" } }));
  expect(await gone.avatars.get("/avatar/example.org/pic")).toBeNull();
  const away = served(() => Promise.reject(new TypeError("fetch failed")));
  expect(await away.avatars.get("/avatar/example.org/pic")).toBeNull();
  expect(await away.avatars.get("/avatar/example.org/pic")).toBeNull();
  expect(away.asked).toHaveLength(2);
});

test.each([
  "/avatar/",
  "/avatar/example.org",
  "/avatar/../pic",
  "/avatar/example.org/a/b",
  "/avatar/example.org/..%2F..%2Fv3%2Flogout",
  "/avatar/example.org/%E0%A4%A",
  "/elsewhere/example.org/pic",
])("nothing is asked for %s", async (path) => {
  const { avatars, asked } = served(typed("image/png"));
  expect(await avatars.get(path)).toBeNull();
  expect(asked).toEqual([]);
});

test("whatever somebody calls their picture, a window finds it at a path of its own or not at all", () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom(".", "..", "%2e%2e", "a:1", "[::1]", "x?y", "x#y", "a/b"),
  );
  const mxc = fc.oneof(
    fc.string(),
    fc.tuple(part, part).map(([server, media]) => `mxc://${server}/${media}`),
  );
  fc.assert(
    fc.property(mxc, (written) => {
      const path = avatarUrl(written);
      if (path !== null) {
        expect(path).toMatch(/^\/avatar\/[^/]+\/[^/]+$/);
        expect(new URL(path, "app://carillon/").pathname).toBe(path);
      }
    }),
    { numRuns: 1_000 },
  );
});
