import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { electronBinary } from "../../build/electron-binary.ts";
import { startStack, type Stack } from "../stack/stack.ts";
import { App } from "../support/app.ts";
import { FAKE_MEDIA } from "../support/browser.ts";
import { callButton, hears, moves } from "../support/call-window.ts";
import { makeRoom, signUp, type Person } from "../support/people.ts";
import { watchSfu } from "../support/sfu-watcher.ts";
import { Steps } from "./steps.ts";

/** `npm run demo`: Alice and Bob on this machine, to play with; `-- --auto` holds their call by itself and says how it went. */
const auto = process.argv.includes("--auto");
const pictures = join(import.meta.dirname, "../../out/demo");
const steps = new Steps();
const apps: App[] = [];
let stack: Stack | undefined;

async function end(code: number): Promise<never> {
  await Promise.all(apps.map((app) => app.end()));
  await stack?.stop();
  process.exit(code);
}
process.once("SIGINT", () => void end(130));
process.once("SIGTERM", () => void end(143));

/** With a display, the stand-in's windows are real ones to click in; by itself the demo needs none. */
const display =
  process.env["DISPLAY"] ??
  process.env["WAYLAND_DISPLAY"] ??
  (process.platform === "linux" ? undefined : "yes");
const env = !auto && display ? { HOST_HEADFUL: "1" } : {};

async function open(person: Person, homeserver: string) {
  const app = await App.launch({ env, media: [FAKE_MEDIA] });
  apps.push(app);
  const home = await app.signIn(homeserver, person.name, person.password);
  return { app, home };
}

try {
  const servers = (stack = await steps.step("start Synapse, LiveKit and the authorization service", () =>
    startStack(),
  ));
  const { url } = servers.homeserver;
  const [alice, bob, room] = await steps.step("make Alice, Bob and their encrypted room", async () => {
    const people = [
      await signUp(servers.homeserver, "alice"),
      await signUp(servers.homeserver, "bob"),
    ] as const;
    return [...people, await makeRoom(people[0], [people[1]], { direct: true })] as const;
  });
  const [a, b] = await steps.step("open two Carillons and sign in", () =>
    Promise.all([open(alice, url), open(bob, url)]),
  );
  await steps.step("see each other in the home windows", () =>
    Promise.all([callButton(a.home, "Bob").waitFor(), callButton(b.home, "Alice").waitFor()]),
  );

  if (auto) {
    const calling = await steps.step("Alice calls Bob, which rings him", async () => {
      await callButton(a.home, "Bob").click();
      const call = await a.app.window("call");
      await call.getByText("Ringing…").waitFor();
      return call;
    });
    const called = await steps.step("Bob sees the call and opens it", async () => {
      await b.home.getByRole("button", { name: "Join call in Alice" }).click();
      const call = await b.app.window("call");
      await call.getByRole("button", { name: "Join call" }).waitFor();
      return call;
    });
    await steps.step("Bob joins, and both decode each other's encrypted video", async () => {
      await called.getByRole("button", { name: "Join call" }).click();
      await Promise.all([moves(calling, "Bob", 1), moves(called, "Alice", 1)]);
    });
    await steps.step("both pictures go on moving", () =>
      Promise.all([moves(calling, "Bob", 30), moves(called, "Alice", 30)]),
    );
    await steps.step("both hear each other", () => Promise.all([hears(calling), hears(called)]));
    await steps.step("somebody on the SFU without keys decodes nothing", async () => {
      const { packets, framesDecoded } = await watchSfu(servers, room);
      if (packets === 0 || framesDecoded > 0)
        throw new Error(`${packets} packets, ${framesDecoded} frames decoded`);
    });
    await steps.step("save pictures of all windows in out/demo", async () => {
      mkdirSync(pictures, { recursive: true });
      const windows = { "alice-home": a.home, "bob-home": b.home, "alice-call": calling, "bob-call": called };
      for (const [name, page] of Object.entries(windows))
        await page.screenshot({ path: join(pictures, `${name}.png`) });
    });
    await end(0);
  }

  console.log(
    `\nAlice and Bob are signed in (homeserver ${url}, passwords "alice's password" and "bob's password"). Ctrl-C ends it all.`,
  );
  if (electronBinary().standIn && !display)
    console.log("There is no display, so their windows cannot be seen: try `npm run demo -- --auto`.");
  await Promise.all(
    apps.map((app) => new Promise<void>((resolve) => app.electron.once("close", () => resolve()))),
  );
  await end(0);
} catch (error) {
  console.error(
    `failed: ${steps.running ?? "between two steps"}: ${error instanceof Error ? error.message : String(error)}`,
  );
  await end(1);
}
