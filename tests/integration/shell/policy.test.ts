import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { en } from "../../../shared/messages/en.ts";
import { App } from "../../support/app.ts";

/** Carillon, started where a company's settings are this text. */
async function start(settings: string): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), "carillon-policy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "policy.json");
  writeFileSync(file, settings);
  const app = await App.launch({ profile: join(folder, "profile"), env: { CARILLON_POLICY: file } });
  onTestFinished(() => app.close());
  return app;
}

test("a company's homeserver stands in the sign-in page, and its proxy is Chromium's", async () => {
  const app = await start(
    JSON.stringify({
      homeserver: "example.org",
      homeserverOnly: true,
      proxy: { server: "http://127.0.0.1:9", bypass: ["<local>"] },
    }),
  );
  const home = await app.window("home");
  const server = home.getByLabel(en["signin.server"]);
  expect(await server.inputValue()).toBe("example.org");
  expect(await server.isEditable()).toBe(false);
  const switches = await app.electron.evaluate(({ app: { commandLine } }) =>
    ["proxy-server", "proxy-bypass-list"].map((name) => commandLine.getSwitchValue(name)),
  );
  expect(switches).toEqual(["http://127.0.0.1:9", "<local>"]);
});

test("an app whose company's settings are broken starts without them, and its log says why", async () => {
  const app = await start('{ "homeserver": "example.org", "updtaes": "off" }');
  const home = await app.window("home");
  const server = home.getByLabel(en["signin.server"]);
  expect(await server.inputValue()).toBe("");
  expect(await app.log()).toMatch(/error the company's settings cannot be used .*policy\.json at updtaes/);
});
