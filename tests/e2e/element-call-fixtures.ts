import type { Person } from "../support/people.ts";
import { ElementCall, type LaunchOptions } from "../support/element-call/element-call.ts";
import { serveElementCall, type Site } from "../support/element-call/site.ts";
import { test as base } from "./fixtures.ts";

interface Fixtures {
  /** Somebody's browser with the real Element Call. */
  elementCall: (person: Person, options: LaunchOptions) => Promise<ElementCall>;
}

export const test = base.extend<Fixtures, { site: Site }>({
  site: [
    // Playwright reads which fixtures are wanted off this pattern.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const site = await serveElementCall();
      await use(site);
      await site.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  elementCall: async ({ site }, use, info) => {
    const open: ElementCall[] = [];
    await use(async (person, options) => {
      const browser = await ElementCall.launch(site, person, options);
      open.push(browser);
      return browser;
    });
    for (const browser of open) {
      if (info.status !== info.expectedStatus) {
        const body = await browser.page.screenshot({ timeout: 5_000 }).catch(() => undefined);
        if (body) await info.attach(browser.person.name, { body, contentType: "image/png" });
      }
      await browser.end();
    }
  },
});

export { expect } from "@playwright/test";
