import { expect, test, vi } from "vitest";

import { SyncFetch } from "../../../electron/matrix/sync-fetch.ts";

const POLL = "https://hs/_matrix/client/v3/sync?since=s1&timeout=30000";

/** A network whose answers the test gives, request by request. */
function network() {
  const asked: { url: string; answer: (response: Response) => void }[] = [];
  const fetch: typeof globalThis.fetch = (input, init) =>
    new Promise((resolve, reject) => {
      asked.push({ url: String(input), answer: resolve });
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  return { asked, fetch };
}

test("an answered poll passes through", async () => {
  const { asked, fetch } = network();
  const said = vi.fn();
  const reply = new SyncFetch(fetch, said).fetch(POLL);
  asked[0]?.answer(Response.json({ next_batch: "s2" }));
  expect(await (await reply).json()).toEqual({ next_batch: "s2" });
  expect(said.mock.calls).toEqual([[false]]);
});

test("after a wake an open poll is asked again, and the SDK sees one answer", async () => {
  const { asked, fetch } = network();
  const sync = new SyncFetch(fetch, () => {});
  const reply = sync.fetch(POLL);
  sync.wake();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  asked[1]?.answer(Response.json({ next_batch: "s2" }));
  expect((await reply).status).toBe(200);
});

test("a poll that stays unanswered past its time is called silent and asked again", async () => {
  vi.useFakeTimers();
  try {
    const { asked, fetch } = network();
    const said = vi.fn();
    const reply = new SyncFetch(fetch, said).fetch(POLL);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(2);
    asked[1]?.answer(Response.json({}));
    await reply;
    expect(said.mock.calls).toEqual([[true], [false]]);
  } finally {
    vi.useRealTimers();
  }
});

test("a poll that the SDK calls off is off", async () => {
  const { asked, fetch } = network();
  const stop = new AbortController();
  const reply = new SyncFetch(fetch, () => {}).fetch(POLL, { signal: stop.signal });
  stop.abort();
  await expect(reply).rejects.toThrow();
  expect(asked).toHaveLength(1);
});

test("a refused connection is the SDK's to hear of", async () => {
  const refused: typeof fetch = () => Promise.reject(new TypeError("fetch failed"));
  await expect(new SyncFetch(refused, () => {}).fetch(POLL)).rejects.toThrow("fetch failed");
});

test("nothing but a poll is asked twice", async () => {
  const { asked, fetch } = network();
  const sync = new SyncFetch(fetch, () => {});
  const reply = sync.fetch("https://hs/_matrix/client/v3/rooms/!a/send/x/1", { method: "PUT" });
  sync.wake();
  asked[0]?.answer(Response.json({}));
  await reply;
  expect(asked).toHaveLength(1);
});

test("a poll that was called off before it began is not asked, and nobody hears of it", async () => {
  const { asked, fetch } = network();
  const settled = vi.fn();
  void new SyncFetch(fetch, () => {}).fetch(POLL, { signal: AbortSignal.abort() }).then(settled, settled);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(0);
  expect(settled).not.toHaveBeenCalled();
});

test("a server that is silent at the start holds up nothing, and one that is slow later is waited for", async () => {
  vi.useFakeTimers();
  try {
    const { asked, fetch } = network();
    const sync = new SyncFetch(fetch, () => {});
    const url = "https://hs/_matrix/client/versions";
    const first = expect(sync.fetch(url)).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(3_000);
    await first;
    const second = sync.fetch(url);
    await vi.advanceTimersByTimeAsync(10_000);
    asked[1]?.answer(Response.json({ versions: [] }));
    expect((await second).status).toBe(200);
  } finally {
    vi.useRealTimers();
  }
});
