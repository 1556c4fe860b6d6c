import { test as base, type Page } from "@playwright/test";

import { App } from "../support/app.ts";
import { callButton, moves } from "../support/call-window.ts";
import { attachEvidence } from "../support/evidence.ts";
import { freshName, makeRoom, signUp, type Person, type RoomOptions } from "../support/people.ts";
import { startStack, type Stack } from "../stack/stack.ts";

/** Somebody with a Carillon of their own, signed in. */
export interface Caller {
  readonly person: Person;
  app: App;
  home: Page;
}

export interface Fixtures {
  /** A fresh account with the app signed in to it. */
  caller: (name: string) => Promise<Caller>;
  launch: typeof App.launch;
  /** One more device of somebody. */
  device: (person: Person) => Promise<Caller>;
  /** Two callers who share a room. */
  pair: (options?: RoomOptions) => Promise<{ alice: Caller; bob: Caller; room: string }>;
}

export const test = base.extend<Fixtures, { stack: Stack }>({
  stack: [
    // Playwright reads which fixtures are wanted off this pattern.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const stack = await startStack({ behindProxy: ["homeserver"] });
      await use(stack);
      await stack.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  // oxlint-disable-next-line no-empty-pattern
  launch: async ({}, use, info) => {
    const apps: App[] = [];
    await use(async (options) => {
      const app = await App.launch(options);
      apps.push(app);
      return app;
    });
    for (const app of apps) {
      if (info.status !== info.expectedStatus) await attachEvidence(app, info);
      await app.end();
    }
  },

  device: async ({ stack, launch }, use) => {
    await use(async (person) => {
      const app = await launch();
      return { person, app, home: await app.signIn(stack.homeserver.url, person.name, person.password) };
    });
  },

  caller: async ({ stack, device }, use) => {
    await use(async (name) => device(await signUp(stack.homeserver, freshName(name))));
  },

  pair: async ({ stack, device }, use) => {
    await use(async (options = { direct: true }) => {
      const people = [
        await signUp(stack.homeserver, freshName("alice")),
        await signUp(stack.homeserver, freshName("bob")),
      ] as const;
      const room = await makeRoom(people[0], [people[1]], options);
      const [alice, bob] = await Promise.all([device(people[0]), device(people[1])]);
      return { alice, bob, room };
    });
  },
});

export { expect } from "@playwright/test";

/** Alice calls Bob from her home window, which rings him, and Bob joins from his: both are in the call. */
export async function connect(alice: Caller, bob: Caller) {
  await callButton(alice.home, "Bob").click();
  const calling = await alice.app.window("call");

  await bob.home.getByRole("button", { name: "Join call in Alice" }).click();
  const called = await bob.app.window("call");
  await called.getByRole("button", { name: "Join call" }).click();
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
  return { calling, called };
}
