import { freshName, makeRoom } from "../support/people.ts";
import { asleep } from "../support/sleep.ts";
import { expect, test, type Caller } from "./fixtures.ts";

/** Something that only an answered poll can tell. */
async function happens({ person }: Caller): Promise<string> {
  const name = freshName("party");
  await makeRoom(person, [], { name });
  return name;
}

// A dead poll alone would be given up 40 s after it was asked, later than these expectations wait.

test("what happened while the machine slept is there as soon as it wakes", async ({ stack, caller }) => {
  const alice = await caller("alice");
  await asleep(stack, alice);
  const name = await happens(alice);
  await alice.app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await expect(alice.home.getByText(name)).toBeVisible();
});

test("the same when the network is back", async ({ stack, caller }) => {
  const alice = await caller("alice");
  await asleep(stack, alice);
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
