import { app, profileFolder } from "./app.ts";
import { startChromium } from "./chromium.ts";
import { preventable } from "./event.ts";
import { host } from "./host.ts";
import { becomeReady, isExiting } from "./lifecycle.ts";
import { startSchemeServer } from "./protocol.ts";
import { watchTargets } from "./targets.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => app.quit());
Object.defineProperty(globalThis, "__host", { value: host });

/** Starts what stands behind the app and makes it ready. */
export async function start(): Promise<void> {
  if (isExiting()) return;
  app.emit("will-finish-launching");
  try {
    const resolverRules = await startSchemeServer();
    await startChromium(profileFolder(), resolverRules, () => app.exit(1));
    await watchTargets();
  } catch (error) {
    // The app was told to end while it started.
    if (isExiting()) return;
    throw error;
  }
  becomeReady();
  app.emit("ready", preventable(), {});
}
