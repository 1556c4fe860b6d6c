import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";

import type { RoomId } from "../../../shared/matrix/ids.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startHttpProxy } from "../../support/http-proxy.ts";
import { mainProcess } from "../../support/main-process.ts";
import { freshName, makeRoom, signUp } from "../../support/people.ts";
import { SOON } from "../../support/main-processes.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

test("a call's delayed leave is restarted at once after a wake, before its next heartbeat", async () => {
  const proxy = await startHttpProxy(stack.homeserver.url);
  onTestFinished(() => proxy.close());
  // Time stands still, so nothing is due by itself.
  const main = await mainProcess({ clock: new FakeClock(Date.now()) });
  onTestFinished(async () => {
    await main.quit();
    await main.remove();
  });
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const room = (await makeRoom(alice, [])) as RoomId;
  await main.login(alice, proxy.url);
  await vi.waitFor(() => expect(main.store.state.rooms.map(({ id }) => id)).toContain(room), SOON);
  main.running.conductor.open(room, "audio");
  main.running.conductor.send({ type: "join-asked", intent: "audio" });
  await vi.waitFor(() => expect(main.store.state.call?.phase).toBe("joined"), SOON);

  const restarts = () => proxy.asked.filter(({ url }) => url.pathname.endsWith("/restart"));
  // One comes with the join.
  await vi.waitFor(() => expect(restarts()).toHaveLength(1), SOON);
  await vi.waitFor(() => {
    // One that finds a restart under way has nothing to add.
    main.running.wake();
    expect(restarts().length).toBeGreaterThan(1);
  }, SOON);
  expect(main.store.state.call?.membership).toBe("live");
});
