import type { App } from "./app.ts";

/** Lets the app's main process be put forward in time; what is returned does it. Asked for before the timers begin that are to end early. */
export async function clockOf({ electron }: App): Promise<(ms: number) => Promise<void>> {
  await electron.evaluate(() => {
    const [now, start, stop] = [Date.now, globalThis.setTimeout, globalThis.clearTimeout];
    const waiting = new Map<unknown, { at: number; run: () => void }>();
    let skipped = 0;
    Date.now = () => now() + skipped;
    const later = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const timer = start(() => {
        waiting.delete(timer);
        run(...args);
      }, ms);
      waiting.set(timer, { at: Date.now() + ms, run: () => run(...args) });
      return timer;
    };
    Object.assign(globalThis, {
      setTimeout: Object.assign(later, start),
      clearTimeout: (timer: Parameters<typeof stop>[0]) => {
        waiting.delete(timer);
        stop(timer);
      },
      skipTime: (ms: number) => {
        skipped += ms;
        const due = new Map(waiting);
        for (const [timer, { at, run }] of due) {
          if (at > Date.now() || !waiting.delete(timer)) continue;
          // Every key is a timer that `later` got.
          stop(timer as Parameters<typeof stop>[0]);
          run();
        }
      },
    });
  });
  return (ms) =>
    electron.evaluate(
      (_electron, by) => (globalThis as unknown as { skipTime: (ms: number) => void }).skipTime(by),
      ms,
    );
}
