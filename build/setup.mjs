// What a fresh machine needs, and nothing twice: `node build/setup.mjs [app] [servers]`.
// Always the npm packages; with `app` Electron's binary or a Chromium for its stand-in; with `servers` Synapse,
// LiveKit, the tests' actionlint and, on Linux, their D-Bus. Plain JavaScript without dependencies: it runs on any
// Node >= 20, before `npm ci`.
// package.json calls it in `pre` scripts: a shell that has looked `node` up before Node 24 was there would go on
// with the system's, so what runs on Node 24 needs a shell that begins later.
import { installChromium } from "./setup/chromium.mjs";
import { installDbus } from "./setup/dbus.mjs";
import { installElectron } from "./setup/electron.mjs";
import { installPackages } from "./setup/packages.mjs";
import { finish, print } from "./setup/progress.mjs";
import { installActionlint, installLivekit, installSynapse } from "./setup/servers.mjs";

const wanted = new Set(process.argv.slice(2));
for (const word of wanted) {
  if (word === "app" || word === "servers") continue;
  console.error(`usage: node build/setup.mjs [app] [servers]   (what is "${word}"?)`);
  process.exit(2);
}

async function app() {
  await installPackages();
  if (!wanted.has("app") || (await installElectron())) return;
  print(`Electron's binary cannot be had here: its stand-in runs in ${await installChromium()}`);
}

const parts = [app()];
if (wanted.has("servers")) parts.push(installSynapse(), installLivekit(), installActionlint(), installDbus());
const results = await Promise.allSettled(parts);
finish();
for (const result of results) {
  if (result.status === "fulfilled") continue;
  console.error(`\nset-up failed: ${result.reason instanceof Error ? result.reason.message : result.reason}`);
  process.exitCode = 1;
}
