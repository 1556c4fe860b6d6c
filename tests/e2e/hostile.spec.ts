import type { Page } from "@playwright/test";
import * as fc from "fast-check";

import { moves } from "../support/call-window.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  sendState,
  signUp,
  stateOf,
  type Person,
} from "../support/people.ts";
import { expect, test } from "./fixtures.ts";

const HTML = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

/** Gathers what goes wrong in a page. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(message));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text());
  });
  return faults;
}

/** Names stand there as text, and nothing that they say was done. */
async function isHarmless(page: Page): Promise<void> {
  expect(await page.locator("img[src=x], script:not([src])").count()).toBe(0);
  expect(await page.title()).not.toBe("owned");
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
}

const put = (person: Person, path: string, body: object) => person.request("PUT", path, body);

test("in a room of hostile names, memberships and keys a call goes as in any other", async ({
  stack,
  caller,
}) => {
  const [alice, bob] = [await caller("alice"), await caller("bob")];
  const mallory = await signUp(stack.homeserver, freshName("mallory"));
  const room = await makeRoom(mallory, [alice.person, bob.person], {
    name: `${HTML}\u202E${"long ".repeat(2_000)}`,
  });
  const faults = [faultsOf(alice.home), faultsOf(bob.home)];
  const state = (type: string, stateKey: string, content: object) =>
    sendState(mallory, room, { type, stateKey, content });

  await test.step("names are text", async () => {
    const profile = `/v3/profile/${encodeURIComponent(mallory.userId)}`;
    await put(mallory, `${profile}/displayname`, { displayname: `${HTML}\u202E`.slice(0, 256) });
    for (const url of ["javascript:alert(1)", "mxc://../../x", "https://example.org/x.png", 5, { a: 1 }])
      await state("m.room.avatar", "", { url });
    await expect(alice.home.getByText("<img src=x").first()).toBeVisible();
    await isHarmless(alice.home);
  });

  await test.step("memberships of every kind, some in the name of others", async () => {
    const content = fc.dictionary(
      fc.constantFrom(
        "application",
        "call_id",
        "device_id",
        "expires",
        "foci_preferred",
        "focus_active",
        "x",
      ),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 5 },
    );
    const keys = [
      mallory.userId,
      `_${mallory.userId}_X_m.call`,
      `_${bob.person.userId}_X_m.call`,
      "",
      "__proto__",
    ];
    // Matrix has no fractions and no larger integers.
    const canonical = (value: unknown): object =>
      JSON.parse(
        JSON.stringify(value, (_key, one) => (typeof one === "number" ? Math.trunc(one % 2 ** 50) : one)),
      );
    for (const [index, one] of fc.sample(content, 40).entries())
      await state(callMemberType, keys[index % keys.length] ?? "", canonical(one));
    await state(callMemberType, `_${mallory.userId}_Y_m.call`, membership("Y"));
    await state(callMemberType, `_${bob.person.userId}_Z_m.call`, membership("Z"));
    // Of all of these one is a membership, and of nobody else's.
    await expect(alice.home.getByText(`(${mallory.userId})`)).toBeVisible();
    await expect(alice.home.getByText(/Bob/)).toHaveCount(0);
    await isHarmless(alice.home);
  });

  const join = async ({ app, home }: typeof alice) => {
    await home.getByRole("button", { name: /^Join call in <img/ }).click();
    const call = await app.window("call");
    faults.push(faultsOf(call));
    await call.getByRole("button", { name: "Join call" }).click();
    return call;
  };
  const [calling, called] = [await join(alice), await join(bob)];
  await Promise.all([moves(calling, "Bob"), moves(called, "Alice")]);
  await isHarmless(calling);

  await test.step("keys in clear change nothing", async () => {
    const [device = ""] = (await stateOf(mallory, room, callMemberType))
      .filter(({ sender }) => sender === bob.person.userId)
      .flatMap(({ content }) => (typeof content["device_id"] === "string" ? [content["device_id"]] : []));
    const forged = (index: number) => ({
      room_id: room,
      keys: { index, key: Buffer.alloc(16, 7).toString("base64") },
      member: { id: `${bob.person.userId}:${device}`, claimed_device_id: device },
      session: { application: "m.call", call_id: "", scope: "m.room" },
      sent_ts: Date.now() + 1_000,
    });
    const messages = [
      ...Array.from({ length: 8 }, (_, index) => forged(index)),
      ...fc.sample(fc.object(), 20),
    ];
    for (const [index, message] of messages.entries()) {
      const content = JSON.parse(JSON.stringify(message)) as object;
      await put(mallory, `/v3/sendToDevice/io.element.call.encryption_keys/t${index}`, {
        messages: { [alice.person.userId]: { "*": content }, [bob.person.userId]: { "*": content } },
      });
    }
    await Promise.all([moves(calling, "Bob", 40), moves(called, "Alice", 40)]);
  });

  await test.step("whoever's membership is overwritten comes back", async () => {
    const [standing] = (await stateOf(mallory, room, callMemberType)).filter(
      ({ sender }) => sender === bob.person.userId,
    );
    await state(callMemberType, standing?.state_key ?? "", membership("FORGED"));
    await expect
      .poll(async () =>
        (await stateOf(mallory, room, callMemberType)).some(
          ({ sender, state_key }) => sender === bob.person.userId && state_key === standing?.state_key,
        ),
      )
      .toBe(true);
    await Promise.all([moves(calling, "Bob", 40), moves(called, "Alice", 40)]);
  });

  await isHarmless(calling);
  await isHarmless(called);
  expect(faults.flat()).toEqual([]);
  for (const { app } of [alice, bob]) expect(await app.log()).not.toMatch(/ error (uncaught|unhandled) /);
});

const membership = (device: string) => ({
  application: "m.call",
  call_id: "",
  scope: "m.room",
  device_id: device,
  expires: 3_600_000,
  focus_active: { type: "livekit", focus_selection: "multi_sfu" },
  foci_preferred: [
    { type: "livekit", livekit_service_url: "https://sfu.example.invalid", livekit_alias: "x" },
  ],
});
