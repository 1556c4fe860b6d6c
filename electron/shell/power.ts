import { net, powerMonitor, powerSaveBlocker } from "electron";

import type { Power } from "../ports.ts";

const LOOK_MS = 5_000;

/** Sleep, wake and network changes; Electron tells the last by nothing but `net.isOnline`. */
export function electronPower(): Power {
  let blocker: { readonly what: "display" | "machine"; readonly id: number } | null = null;
  return {
    onWake(listener) {
      // The same wake may be told twice: a listener has nothing to lose by it.
      powerMonitor.on("resume", listener);
      powerMonitor.on("unlock-screen", listener);
      let online = net.isOnline();
      setInterval(() => {
        const now = net.isOnline();
        if (now && !online) listener();
        online = now;
      }, LOOK_MS).unref();
    },
    stayAwake(what) {
      if (what === (blocker?.what ?? null)) return;
      if (blocker) powerSaveBlocker.stop(blocker.id);
      blocker = what && {
        what,
        id: powerSaveBlocker.start(what === "display" ? "prevent-display-sleep" : "prevent-app-suspension"),
      };
    },
  };
}
