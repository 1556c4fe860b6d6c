import type { Page } from "@playwright/test";

import { startStack } from "../stack/stack.ts";
import { App } from "../support/app.ts";
import { FAKE_MEDIA } from "../support/browser.ts";
import { makeRoom, signUp, type Person } from "../support/people.ts";

/** Somebody with a Carillon of their own, signed in. */
export interface Caller {
  readonly person: Person;
  readonly app: App;
  readonly home: Page;
}

/** Runs with Alice and Bob, who share a direct room, on servers of their own; `rooms` is how many Alice has besides. */
export async function withPair<T>(
  { rooms = 0 }: { readonly rooms?: number },
  use: (alice: Caller, bob: Caller) => Promise<T>,
): Promise<T> {
  const stack = await startStack();
  const apps: App[] = [];
  const open = async (person: Person): Promise<Caller> => {
    const app = await App.launch({ media: [FAKE_MEDIA] });
    apps.push(app);
    return { person, app, home: await app.signIn(stack.homeserver.url, person.name, person.password) };
  };
  try {
    const alice = await signUp(stack.homeserver, "alice");
    const bob = await signUp(stack.homeserver, "bob");
    for (let at = 1; at <= rooms; at++) await makeRoom(alice, [bob], { name: `Room ${at}` });
    await makeRoom(alice, [bob], { direct: true });
    return await use(await open(alice), await open(bob));
  } finally {
    await Promise.all(apps.map((app) => app.end()));
    await stack.stop();
  }
}
