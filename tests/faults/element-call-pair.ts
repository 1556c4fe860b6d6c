import { expect } from "@playwright/test";

import { startStack, type Stack } from "../stack/stack.ts";
import { ElementCall } from "../support/element-call/element-call.ts";
import type { Site } from "../support/element-call/site.ts";
import { freshName, makeRoom, signUp, type Person } from "../support/people.ts";
import { membershipOf } from "./deeds.ts";
import { truthOf } from "./truth.ts";

/** What a fault does to a call of two Element Calls, in its default mode. Ms, as in `Outcome`. */
export interface Comparison {
  readonly goneMs: number | null;
  /** Null where it did not come within `PATIENCE_MS`. */
  readonly backMs: number | null;
  /** Then somebody was a member and not on the SFU or the reverse, or Bob's membership said something else of his camera than he did. */
  readonly wrong: "ghost" | "stale" | null;
}

/** How long is waited for what may never come. */
const PATIENCE_MS = 60_000;

const SITES = ["homeserver", "authorization", "sfu"] as const;

/** A call of Alice and Bob, each with an Element Call, who are used for one fault after the other; as `Scene` is for Carillon. */
export class Pair {
  readonly stack: Stack;
  alice: ElementCall;
  bob: ElementCall;
  /** Of the call; each has its own. */
  room = "";
  /** More browsers than these two, of which the next call is free. */
  readonly others: ElementCall[] = [];
  readonly #site: Site;
  /** What Bob's camera makes of the call. */
  #sends: "audio" | "video" = "video";
  #from = 0;
  #healedAt = 0;
  #backAt: number | null = null;

  private constructor(stack: Stack, site: Site, alice: ElementCall, bob: ElementCall) {
    this.stack = stack;
    this.#site = site;
    this.alice = alice;
    this.bob = bob;
  }

  static async open(site: Site): Promise<Pair> {
    const stack = await startStack({ behindProxy: SITES });
    try {
      const enter = async (name: string) => launch(site, await personOf(stack, name));
      return new Pair(stack, site, await enter("alice"), await enter("bob"));
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** A new call, in browsers that know nothing of the last one. */
  async begin({ clock = false }: { readonly clock?: boolean } = {}): Promise<void> {
    for (const other of this.others.splice(0)) await other.end();
    await Promise.all([this.alice.close(), this.bob.close()]);
    this.alice = await launch(this.#site, this.alice.person, { profile: this.alice.profile });
    await this.bobAgain({ clock });
    this.room = await makeRoom(this.alice.person, [this.bob.person]);
    this.#backAt = null;
    this.#sends = "video";
    await this.alice.open(this.room);
    await this.bob.open(this.room);
    await this.#whole();
  }

  /** The fault begins. */
  async hit(): Promise<void> {
    await this.alice.watch("Bob");
    this.#from = Date.now();
  }

  /** The fault is over, as far as it ends by itself. */
  healed(): void {
    this.#healedAt = Date.now();
  }

  /** Both see the other's picture move, and whoever is a member is on the SFU and the other way round. */
  async together(): Promise<void> {
    await this.#whole();
    this.#backAt = Date.now();
  }

  /** Alice alone is a member and on the SFU, and Bob is gone from her window. */
  async alone(): Promise<void> {
    await this.lonely();
    this.#backAt = Date.now();
  }

  /** The same of a fault that is not over with it. */
  async lonely(): Promise<void> {
    await expect(async () => {
      const { members, present } = await this.#truth();
      expect(present).toEqual(members);
      expect(members.map((one) => one.startsWith(this.alice.person.userId))).toEqual([true]);
      expect(await this.alice.tile("Bob").count()).toBe(0);
    }).toPass({ intervals: [50], timeout: PATIENCE_MS });
  }

  /** Bob's browser starts again, as the same device. */
  async bobAgain(options: { readonly clock?: boolean } = {}): Promise<void> {
    this.bob = await launch(this.#site, this.bob.person, { profile: this.bob.profile, ...options });
  }

  /** The same person and device on a copied profile. */
  copyOfBob(profile: string): Promise<ElementCall> {
    return launch(this.#site, this.bob.person, { profile });
  }

  async bobTurnsCamera(to: "off" | "on"): Promise<void> {
    await this.bob.toggle(to === "off" ? "Stop video" : "Start video");
    this.#sends = to === "off" ? "audio" : "video";
  }

  /** Bob turns his camera off and on, and the room is told. */
  async bobTogglesCamera({ withinMs = PATIENCE_MS } = {}): Promise<void> {
    for (const to of ["off", "on"] as const) {
      await this.bobTurnsCamera(to);
      await this.roomIsTold(withinMs);
    }
  }

  /** Of what Bob sends. */
  async roomIsTold(withinMs = PATIENCE_MS): Promise<void> {
    await expect.poll(() => this.#told(), { intervals: [50], timeout: withinMs }).toBe(this.#sends);
  }

  async #told(): Promise<unknown> {
    return (await this.membership()).content["m.call.intent"];
  }

  /** Bob's membership becomes another one than it was. */
  async changed(before: string): Promise<void> {
    const id = async () => (await this.membership()).event_id;
    await expect.poll(id, { intervals: [50], timeout: PATIENCE_MS }).not.toBe(before);
  }

  membership(): ReturnType<typeof membershipOf> {
    return membershipOf(this.bob.person.userId, this.alice.person, this.room);
  }

  /** Both are told again of what happens elsewhere. */
  async bothHear(withinMs: number): Promise<void> {
    const room = await makeRoom(this.alice.person, [this.bob.person]);
    await Promise.all(
      [this.alice, this.bob].map(({ page }) =>
        page.waitForFunction((id) => host.knows(id), room, { timeout: withinMs }),
      ),
    );
  }

  person(name: string): Promise<Person> {
    return personOf(this.stack, name);
  }

  /** Ends every fault of the network, and says what came of it. */
  async outcome(): Promise<Comparison> {
    for (const site of SITES) await this.stack.faults[site]?.pass();
    // Nothing is noted any more where Element Call itself is gone.
    const goneAt = await this.alice.goneAt().catch(() => null);
    const [{ members, present }, told] = await Promise.all([this.#truth(), this.#told()]);
    const backAt = this.#backAt;
    const wrong =
      members.join() !== present.join()
        ? "ghost"
        : told !== undefined && told !== this.#sends
          ? "stale"
          : null;
    return {
      goneMs: goneAt === null ? null : goneAt - this.#from,
      backMs: backAt === null ? null : backAt - this.#healedAt,
      wrong: backAt === null ? wrong : null,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.alice, this.bob, ...this.others].map((call) => call.end()));
    await this.stack.stop();
  }

  async #whole(): Promise<void> {
    // What is not there yet is no failure.
    await expect(async () => {
      await Promise.all([
        this.alice.moves(this.alice.tile("Bob"), 5),
        this.bob.moves(this.bob.tile("Alice"), 5),
      ]);
      const { members, present } = await this.#truth();
      expect(members).toHaveLength(2);
      expect(present).toEqual(members);
    }).toPass({ intervals: [50], timeout: PATIENCE_MS });
  }

  #truth(): ReturnType<typeof truthOf> {
    return truthOf(this.stack, this.alice.person, this.room);
  }
}

const launch = (
  site: Site,
  person: Person,
  options: { readonly profile?: string; readonly clock?: boolean } = {},
): Promise<ElementCall> => ElementCall.launch(site, person, { mode: "compatibility", ...options });

/** What a test itself asks goes past the faults, what their browser asks does not. */
async function personOf({ homeserver }: Stack, name: string): Promise<Person> {
  const person = await signUp({ ...homeserver, url: homeserver.directUrl }, freshName(name));
  return { ...person, homeserver };
}
