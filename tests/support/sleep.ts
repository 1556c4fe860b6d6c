import { expect, type Page } from "@playwright/test";

import { proxyOf, type Stack } from "../stack/stack.ts";

/** Everything that the app has open to the homeserver goes dead without a word, as it does while a machine sleeps. */
export async function asleep(stack: Stack, { home }: { readonly home: Page }): Promise<void> {
  await expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();
  await expect(home.getByText("Getting up to date…")).toBeHidden();
  const homeserver = proxyOf(stack, "homeserver");
  // The poll, and nothing that could be taken for the next one.
  await expect.poll(() => homeserver.connections).toBe(1);
  homeserver.strand();
}
