import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";

import { startFaultProxy, type FaultProxy } from "../../stack/fault-proxy.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { mainProcess } from "../../support/main-process.ts";
import { freshName, makeRoom, signUp } from "../../support/people.ts";
import { SOON } from "../../support/main-processes.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

test.each<[string, (proxy: FaultProxy) => unknown]>([
  ["is refused", (proxy) => proxy.refuse()],
  ["gives no answer", (proxy) => proxy.stall()],
])(
  "a start where the homeserver %s shows the rooms from disk, and is live once it answers",
  async (_what, fault) => {
    const proxy = await startFaultProxy(stack.homeserver.url);
    onTestFinished(() => proxy.close());
    const alice = await signUp(stack.homeserver, freshName("alice"));
    const room = await makeRoom(alice, [], { name: "Garden party" });
    const first = await mainProcess();
    onTestFinished(() => first.remove());
    await first.login(alice, proxy.url);
    await vi.waitFor(() => expect(first.store.state.rooms.map(({ id }) => id)).toContain(room), SOON);
    await first.quit();

    await fault(proxy);
    const main = await mainProcess({ folder: first.folder });
    onTestFinished(() => main.quit());
    void main.signIn.restore();
    await vi.waitFor(() => {
      expect(main.store.state.session).toMatchObject({ phase: "signed-in", user: alice.userId });
      expect(main.store.state.rooms).toMatchObject([{ id: room, name: "Garden party" }]);
    }, SOON);
    expect(main.store.state.session).not.toMatchObject({ sync: "live" });

    await proxy.pass();
    await vi.waitFor(() => expect(main.store.state.session).toMatchObject({ sync: "live" }), SOON);
  },
);
