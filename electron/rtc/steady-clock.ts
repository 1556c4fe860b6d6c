import type { Clock } from "./ports.ts";

/**
 * For spans: it never goes back. The machine's clock may be put back by hours in the middle of a call, and what is due in
 * seconds must not wait for it. It follows jumps ahead, which is what a sleep looks like.
 */
export function steady(clock: Clock): Clock {
  let ahead = 0;
  let last = -Infinity;
  return {
    now() {
      const now = clock.now();
      if (now + ahead < last) ahead = last - now;
      return (last = now + ahead);
    },
    after: (ms, run) => clock.after(ms, run),
  };
}
