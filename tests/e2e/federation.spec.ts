import { dispose } from "@livekit/rtc-node";
import type { Locator, Page } from "@playwright/test";

import { type Federation, startFederation } from "../stack/federation.ts";
import type { Stack } from "../stack/stack.ts";
import { hears, moves, press, tile } from "../support/call-window.ts";
import { claimCall } from "../support/callers.ts";
import { freshName, makeRoom, signUp, type Person } from "../support/people.ts";
import { connectionOf, peopleOn } from "../support/sfu-people.ts";
import { publishOn } from "../support/sfu-publisher.ts";
import { expect, test as base, type Caller } from "./fixtures.ts";

const test = base.extend<{ open: (person: Person) => Promise<Caller> }, { federation: Federation }>({
  federation: [
    // Playwright reads which fixtures are wanted off this pattern.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const federation = await startFederation({ behindProxy: ["authorization"] });
      await use(federation);
      await federation.stop();
      await dispose();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  open: async ({ launch }, use) => {
    await use(async (person) => {
      const app = await launch();
      return { person, app, home: await app.signIn(person.homeserver.url, person.name, person.password) };
    });
  },
});

const person = ({ homeserver }: Stack, name: string): Promise<Person> => signUp(homeserver, freshName(name));

/** Enters the call of a room, by whichever button its row has. */
async function enter({ app, home }: Caller, room = "Choir"): Promise<Page> {
  await home.getByRole("button", { name: new RegExp(`^(Video call|Join call in) ${room}$`) }).click();
  const call = await app.window("call");
  await call.getByRole("button", { name: "Join call" }).click();
  await expect(
    tile(call, "You")
      .or(call.getByRole("button", { name: "Leave call" }))
      .first(),
  ).toBeVisible();
  return call;
}

async function leave({ app }: Caller, call: Page): Promise<void> {
  await press(call, "Leave call");
  await expect.poll(() => app.roles()).not.toContain("call");
}

/** What somebody's tile says of why they are not heard or seen. */
const says = (call: Page, name: string, sentence: RegExp): Locator => tile(call, name).getByText(sentence);

function faultsOf({ faults }: Stack) {
  if (!faults.authorization) throw new Error("the authorization services of the suite stand behind proxies");
  return faults.authorization;
}

const BOTH = ["CAMERA", "MICROPHONE"];

test("people of two servers hear and see each other, each over the SFU that they publish on", async ({
  federation: { a, b },
  open,
}) => {
  const [ann, carl, bert] = [await person(a, "alice"), await person(a, "carol"), await person(b, "bob")];
  const people = [ann, carl, bert];
  const room = await makeRoom(ann, [bert, carl], { name: "Choir" });
  const [alice, carol, bob] = await Promise.all([open(ann), open(carl), open(bert)]);
  const atAlice = await enter(alice);

  const atBob =
    await test.step("a foreign service that does not answer keeps nobody from being seen", async () => {
      faultsOf(a).stall();
      const call = await enter(bob);
      await moves(atAlice, "Bob");
      await expect(says(call, "Alice", /Connecting|cannot be reached/)).toBeVisible();
      await faultsOf(a).pass();
      await moves(call, "Alice");
      return call;
    });

  const atCarol =
    await test.step("one that is gone says so on its people's tiles, and delays nobody else", async () => {
      await faultsOf(b).refuse();
      const call = await enter(carol);
      await Promise.all([moves(call, "Alice"), moves(atAlice, "Carol"), moves(atBob, "Carol")]);
      await expect(says(call, "Bob", /cannot be reached/)).toBeVisible();
      await faultsOf(b).pass();
      await moves(call, "Bob");
      return call;
    });

  await test.step("all hear each other, and publish on their own server's SFU alone", async () => {
    await Promise.all([atAlice, atBob, atCarol].map(hears));
    expect(await peopleOn(a, room, people)).toEqual({ alice: BOTH, carol: BOTH, bob: [] });
    expect(await peopleOn(b, room, people)).toEqual({ alice: [], carol: [], bob: BOTH });
  });

  await test.step("an SFU that dies takes its own people's media with it, and no others", async () => {
    await b.sfu.kill();
    await Promise.all([
      expect(says(atAlice, "Bob", /cannot be reached/)).toBeVisible(),
      expect(says(atCarol, "Bob", /cannot be reached/)).toBeVisible(),
      expect(atBob.getByRole("status").getByText(/cannot be reached/)).toBeVisible(),
    ]);
    await Promise.all([
      moves(atAlice, "Carol"),
      moves(atCarol, "Alice"),
      moves(atBob, "Alice"),
      moves(atBob, "Carol"),
    ]);
  });

  await test.step("it comes back with them, first for those whom its service lets in", async () => {
    b.authorization.refused.add(a.homeserver.serverName);
    await b.sfu.start();
    await expect(says(atAlice, "Bob", /does not let you in/)).toBeVisible();
    await expect(atBob.getByRole("status").getByText(/cannot be reached/)).toBeHidden();
    b.authorization.refused.clear();
    await Promise.all([moves(atAlice, "Bob"), moves(atCarol, "Bob")]);
    await Promise.all([atAlice, atCarol].map(hears));
  });
});

test("who follows the oldest member is heard and seen where that one publishes; an SFU without a room is explained", async ({
  federation: { a, b },
  open,
}) => {
  const [ann, bert, dave] = [await person(a, "alice"), await person(b, "bob"), await person(a, "dave")];
  const people = [ann, bert, dave];
  const room = await makeRoom(ann, [bert, dave], { name: "Choir", encrypted: false });
  const [alice, bob] = await Promise.all([open(ann), open(bert)]);
  const atBob = await enter(bob);
  await expect(alice.home.getByRole("button", { name: "Join call in Choir" })).toBeVisible();

  // His own server offers an SFU too, and he names it, by another address than Alice's homeserver does.
  await claimCall(dave, room, a.authorization.directUrl, "oldest_membership");
  const onB = await publishOn(b.authorization.url, dave, room);
  const atAlice = await enter(alice);
  await Promise.all([atAlice, atBob].map((call) => moves(call, "Dave")));
  await Promise.all([atAlice, atBob].map(hears));
  // There he listens alone, so that Alice is on both.
  await expect.poll(() => peopleOn(b, room, people)).toEqual({ alice: BOTH, bob: BOTH, dave: BOTH });
  expect(await peopleOn(a, room, people)).toEqual({ alice: BOTH, bob: [] });

  await test.step("once the oldest has left he is the oldest himself, and goes over to his own", async () => {
    await onB.leave();
    await leave(bob, atBob);
    await expect(tile(atAlice, "Bob")).toHaveCount(0);
    const onA = await publishOn(a.authorization.url, dave, room);
    const connection = await connectionOf(a, room, ann);
    await moves(atAlice, "Dave", 40);
    // Not twice under one name, of which each would end the other.
    expect(await connectionOf(a, room, ann)).toBe(connection);
    expect(await peopleOn(a, room, people)).toEqual({ alice: BOTH, dave: BOTH });
    await expect.poll(() => peopleOn(b, room, people)).toEqual({});
    await onA.leave();
    await leave(alice, atAlice);
  });

  await test.step("an SFU that makes no room for them is explained, and is there once somebody may make it", async () => {
    const { fullAccess } = a.authorization;
    fullAccess.clear();
    await makeRoom(ann, [bert], { name: "Quartet" });
    const first = await enter(alice, "Quartet");
    await expect(first.getByRole("status").getByText(/has no room for this call/)).toBeVisible();
    const second = await enter(bob, "Quartet");
    await moves(first, "Bob");
    await expect(says(second, "Alice", /has no room for this call/)).toBeVisible();
    // Who may, comes: here Bob, of another homeserver.
    fullAccess.add(b.homeserver.serverName);
    await moves(second, "Alice");
    await expect(first.getByRole("status").getByText(/has no room for this call/)).toBeHidden();
    fullAccess.clear();
    fullAccess.add(a.homeserver.serverName);
  });
});
