import type { Bridge } from "../../shared/ipc/bridge.ts";
import { hears, press, tile } from "../support/call-window.ts";
import { callMemberType, redact, stateOf, type Person } from "../support/people.ts";
import { connect, expect, test, type Caller } from "./fixtures.ts";

declare const bridge: Bridge;

/** The user wants the newest form of membership. */
async function wantsSticky({ home }: Caller): Promise<void> {
  const changed = await home.evaluate(() => bridge.invoke("settings.change", { membership: "sticky" }));
  expect(changed).toMatchObject({ ok: true });
}

/** Whose membership stands in room state, with its event. */
async function legacyMembers(asking: Person, room: string) {
  const events = await stateOf(asking, room, callMemberType);
  return events.filter(({ content }) => Object.keys(content).length > 0);
}

/** How long (ms) each delayed event of a person takes. */
async function delays(person: Person): Promise<readonly number[]> {
  const path = "/unstable/org.matrix.msc4140/delayed_events";
  const listed = await person.request<{ delayed_events: readonly { delay: number }[] }>("GET", path);
  return listed.delayed_events.map(({ delay }) => delay);
}

test("whoever joins people of the newest form is of that form too, and all hear each other", async ({
  pair,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  await wantsSticky(alice);
  const { calling, called } = await connect(alice, bob);
  await Promise.all([hears(calling), hears(called)]);
  expect(await legacyMembers(alice.person, room)).toEqual([]);

  await test.step("the service in front of the SFU keeps both leaves", async () => {
    for (const { person } of [alice, bob]) await expect.poll(() => delays(person)).toEqual([3_600_000]);
  });

  await test.step("whoever leaves is gone at once, and leaves nothing to fire", async () => {
    await press(called, "Leave call");
    await expect(tile(calling, "Bob")).toHaveCount(0);
    await expect.poll(() => delays(bob.person)).toEqual([]);
  });
});

test("people of both forms hear each other; one who is removed is told so, and may come again", async ({
  pair,
}) => {
  const { alice, bob, room } = await pair({ direct: true });
  await wantsSticky(bob);
  const { calling, called } = await connect(alice, bob);
  await Promise.all([hears(calling), hears(called)]);
  const [member, ...others] = await legacyMembers(alice.person, room);
  expect(others).toEqual([]);
  expect(member?.sender).toBe(alice.person.userId);

  await redact(alice.person, room, member?.event_id ?? "");
  await expect(calling.getByText("A moderator removed you from the call.")).toBeVisible();
  await expect(tile(called, "Alice")).toHaveCount(0);
  await calling.getByRole("button", { name: "Join call" }).click();
  await Promise.all([hears(calling), hears(called)]);
});
