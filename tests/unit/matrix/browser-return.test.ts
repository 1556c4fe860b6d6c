import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

import { throughBrowser } from "../../../electron/matrix/browser-return.ts";

const journey = {
  path: "/back",
  page: (redirect: string) => redirect,
  read: (query: URLSearchParams) => query.get("token"),
};

/** The whole answer to a request for just these words. */
async function ask(port: string, target: string): Promise<string> {
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

test.each(["//", "/back", "/other?token=secret", "http://[", "*"])(
  "what is not the way back is not found: %s",
  async (target) => {
    let answer = "";
    const back = await throughBrowser(
      journey,
      async (url) => {
        const { port } = new URL(url);
        answer = await ask(port, target);
        await ask(port, "/back?token=secret");
      },
      new AbortController().signal,
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(back).toBe("secret");
  },
);

test("a cancel from before opens no browser", async () => {
  const opened: string[] = [];
  const travel = throughBrowser(
    journey,
    (url) => {
      opened.push(url);
      return Promise.resolve();
    },
    AbortSignal.abort(),
  );
  await expect(travel).rejects.toMatchObject({ code: "login-cancelled" });
  expect(opened).toEqual([]);
});

test("a cancel while the page is made opens no browser", async () => {
  const stop = new AbortController();
  const opened: string[] = [];
  const travel = throughBrowser(
    {
      ...journey,
      page: (redirect) => {
        stop.abort();
        return redirect;
      },
    },
    (url) => {
      opened.push(url);
      return Promise.resolve();
    },
    stop.signal,
  );
  await expect(travel).rejects.toMatchObject({ code: "login-cancelled" });
  expect(opened).toEqual([]);
});

test("a cancel while somebody is in the browser ends it", async () => {
  const stop = new AbortController();
  const travel = throughBrowser(
    journey,
    () => {
      stop.abort();
      return Promise.resolve();
    },
    stop.signal,
  );
  await expect(travel).rejects.toMatchObject({ code: "login-cancelled" });
});
