import { browser, session } from "./chromium.ts";
import type { Cdp } from "./cdp.ts";

/** What happens to a page of Chromium's, told to whoever asked for the page. */
export interface TargetListener {
  crashed(details: { readonly status: string; readonly errorCode: number }): void;
  gone(): void;
}

const listeners = new Map<string, TargetListener>();
const arrivals = new Map<string, PromiseWithResolvers<Cdp>>();

/** Pages that are closing: their unload handlers still run. */
const closings = new Map<string, PromiseWithResolvers<void>>();

/** Resolves when nothing of the page runs any more. */
export async function closeTarget(targetId: string): Promise<void> {
  const closing = Promise.withResolvers<void>();
  closings.set(targetId, closing);
  await browser().send("Target.closeTarget", { targetId });
  await closing.promise;
}

function arrival(targetId: string): PromiseWithResolvers<Cdp> {
  const known = arrivals.get(targetId) ?? Promise.withResolvers<Cdp>();
  arrivals.set(targetId, known);
  return known;
}

/** Every page arrives paused, so that scripts can be put in before the page's own. */
export async function watchTargets(): Promise<void> {
  const root = browser();
  root.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
    const { targetId, openerId } = targetInfo;
    if (openerId === undefined) arrival(targetId).resolve(session(sessionId));
    // A page that a page opened: only `{ action: "deny" }` is modelled.
    else root.send("Target.closeTarget", { targetId }).catch(() => undefined);
  });
  root.on("Target.targetDestroyed", ({ targetId }) => {
    closings.get(targetId)?.resolve();
    closings.delete(targetId);
    arrivals.delete(targetId);
    listeners.get(targetId)?.gone();
    listeners.delete(targetId);
  });
  root.on("Target.targetCrashed", (crash) => listeners.get(crash.targetId)?.crashed(crash));
  await root.send("Target.setDiscoverTargets", { discover: true });
  await root.send("Target.setAutoAttach", {
    autoAttach: true,
    waitForDebuggerOnStart: true,
    flatten: true,
    // Without a filter the browser's own pages come too.
    filter: [{ type: "page" }],
  });
}

export interface NewTarget {
  readonly left?: number;
  readonly top?: number;
  readonly width: number;
  readonly height: number;
  readonly windowState?: "normal" | "minimized";
}

/** A new Chromium window, its page paused. */
export async function openTarget(
  shape: NewTarget,
  listener: TargetListener,
): Promise<{ cdp: Cdp; targetId: string }> {
  const { targetId } = await browser().send("Target.createTarget", {
    url: "about:blank",
    newWindow: true,
    ...shape,
  });
  listeners.set(targetId, listener);
  return { targetId, cdp: await arrival(targetId).promise };
}
