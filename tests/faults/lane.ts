import { App } from "../support/app.ts";
import { freshName, signUp, type Person } from "../support/people.ts";
import { startStack, type Stack } from "../stack/stack.ts";
import type { Page } from "@playwright/test";

/** Somebody with a Carillon of their own, signed in. */
export interface Caller {
  readonly person: Person;
  readonly app: App;
  readonly home: Page;
}

/** Servers behind fault proxies, and Alice and Bob, who are used for one fault after the other. */
export class Lane {
  readonly stack: Stack;
  readonly alice: Caller;
  bob: Caller;

  private constructor(stack: Stack, alice: Caller, bob: Caller) {
    this.stack = stack;
    this.alice = alice;
    this.bob = bob;
  }

  static async open(): Promise<Lane> {
    const stack = await startStack({ behindProxy: ["homeserver", "authorization", "sfu"] });
    // What tests ask themselves goes past the faults.
    const direct = { ...stack.homeserver, url: stack.homeserver.directUrl };
    const [alice, bob] = [
      await signUp(direct, freshName("alice")),
      await signUp(direct, freshName("bob")),
    ] as const;
    return new Lane(stack, await signedIn(stack, alice), await signedIn(stack, bob));
  }

  /** One more account, with no app. */
  person(name: string): Promise<Person> {
    return signUp({ ...this.stack.homeserver, url: this.stack.homeserver.directUrl }, freshName(name));
  }

  /** After Bob's app was killed: the next run of it. */
  async bobAgain(): Promise<void> {
    const { person, app: before } = this.bob;
    const app = await App.launch({ profile: before.profile });
    this.bob = { person, app, home: await app.window("home") };
  }

  async close(): Promise<void> {
    await Promise.all([this.alice.app.end(), this.bob.app.end()]);
    await this.stack.stop();
  }
}

async function signedIn(stack: Stack, person: Person): Promise<Caller> {
  const app = await App.launch();
  return { person, app, home: await app.signIn(stack.homeserver.url, person.name, person.password) };
}
