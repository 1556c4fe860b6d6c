import { freshName, makeRoom } from "../support/people.ts";
import type { Stack } from "../stack/stack.ts";
import { expect, test, type Caller } from "./fixtures.ts";

/** Everything that the app has open to the homeserver goes dead without a word, as it does while a machine sleeps. */
async function sleep(stack: Stack, { home }: Caller): Promise<void> {
  await expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();
  await expect(home.getByText("Getting up to date…")).toBeHidden();
  const { homeserver } = stack.faults;
  if (!homeserver) throw new Error("the homeserver of the suite stands behind a proxy");
  // The poll, and nothing that could be taken for the next one.
  await expect.poll(() => homeserver.connections).toBe(1);
  homeserver.strand();
}

/** Something that only an answered poll can tell. */
async function happens({ person }: Caller): Promise<string> {
  const name = freshName("party");
  await makeRoom(person, [], { name });
  return name;
}

// A dead poll alone would be given up 40 s after it was asked, later than these expectations wait.

test("what happened while the machine slept is there as soon as it wakes", async ({ stack, caller }) => {
  const alice = await caller("alice");
  await sleep(stack, alice);
  const name = await happens(alice);
  await alice.app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await expect(alice.home.getByText(name)).toBeVisible();
});

test("the same when the network is back", async ({ stack, caller }) => {
  const alice = await caller("alice");
  await sleep(stack, alice);
  const name = await happens(alice);
  // Without a network until that was noticed.
  await alice.app.electron.evaluate(
    ({ net }) =>
      new Promise<void>((noticed) => {
        const { isOnline } = net;
        net.isOnline = () => {
          net.isOnline = isOnline;
          noticed();
          return false;
        };
      }),
  );
  await expect(alice.home.getByText(name)).toBeVisible();
});
