import type { App } from "./app.ts";

/** How the name of an attachment begins that is short enough to be read with the failure. */
export const SEEN = "seen";

/** What a test's information takes. */
export interface Attachments {
  attach(name: string, options: { body: Buffer; contentType: string }): Promise<void>;
}

/** Keeps what an app logged and what its windows show: whole, and in a few words. */
export async function attachEvidence(app: App, info: Attachments): Promise<void> {
  const log = await app.log();
  await info.attach("log", { body: Buffer.from(log), contentType: "text/plain" });
  const told = log.split("\n").filter((line) => !/^\S+ debug /.test(line));
  const seen = told.slice(-30).map((line) => line.slice(0, 300));
  for (const page of app.electron.windows()) {
    const window = new URL(page.url()).pathname;
    const limit = { timeout: 5_000 };
    const body = await page.screenshot(limit).catch(() => undefined);
    if (body) await info.attach(window, { body, contentType: "image/png" });
    seen.push(`${window}:`, await page.locator("body").ariaSnapshot(limit).catch(String));
  }
  await info.attach(`${SEEN} ${app.profile}`, {
    body: Buffer.from(seen.join("\n")),
    contentType: "text/plain",
  });
}
