import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
/** What the home window asks to do about the identity. */
const prompt = (home: Page, name: string) => home.getByRole("region", { name });

test("a new account saves its recovery key, and a new device is verified with it", async ({
  caller,
  device,
}) => {
  const { person, app, home } = await caller("alice");
  await prompt(home, "Save your recovery key").getByRole("button", { name: "Save key" }).click();
  const key = await home.getByRole("group", { name: "Your recovery key" }).textContent();
  expect(key).toMatch(/^(\w{4} ){11}\w{4}$/);
  await home.getByRole("switch", { name: "I have saved the key" }).click();
  await button(home, "Done").click();
  await expect(prompt(home, "Save your recovery key")).toBeHidden();
  expect(await app.log()).not.toContain(key?.slice(0, 9));

  const second = (await device(person)).home;
  await prompt(second, "Verify this device").getByRole("button", { name: "Verify" }).click();
  await button(second, "With your recovery key").click();
  await second.getByLabel("Recovery key or passphrase").fill("not the key");
  await button(second, "Verify").last().click();
  await expect(second.getByText("This is not the account's recovery key")).toBeVisible();
  await second.getByLabel("Recovery key or passphrase").fill(key ?? "");
  await button(second, "Verify").last().click();
  await expect(prompt(second, "Verify this device")).toBeHidden();
});

test("a new device is verified by emoji with another one", async ({ caller, device }) => {
  const { person, home } = await caller("alice");
  await expect(prompt(home, "Save your recovery key")).toBeVisible();
  const second = (await device(person)).home;
  await prompt(second, "Verify this device").getByRole("button", { name: "Verify" }).click();
  await button(second, "With another device").click();
  await button(home, "Accept").click();
  await button(second, "Compare emoji").click();
  const emoji = (page: Page) => page.getByRole("list", { name: "Emoji to compare" });
  await expect(emoji(home).getByRole("listitem")).toHaveCount(7);
  await expect(emoji(second).getByRole("listitem")).toHaveText(
    await emoji(home).getByRole("listitem").allTextContents(),
  );
  for (const page of [home, second]) await button(page, "They match").click();
  for (const page of [home, second]) {
    await expect(page.getByText("Your devices trust each other now.")).toBeVisible();
    await button(page, "Done").click();
  }
  await expect(prompt(second, "Verify this device")).toBeHidden();
});
