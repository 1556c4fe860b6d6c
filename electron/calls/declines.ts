import type { EventId, RoomId } from "../../shared/matrix/ids.ts";
import type { DeclineReason } from "../../shared/rtc/notification.ts";
import type { Log } from "../log.ts";
import type { Clock, Signals } from "../rtc/ports.ts";

/** Between two tries (ms), and how often: longer than any ring lasts. */
const RETRY_MS = 2_000;
const TRIES = 60;

/** Says that we declined, again until the server has it: an unheard decline would ring on elsewhere. */
export class Declines {
  readonly #signals: Pick<Signals, "decline">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #underWay = new Set<Promise<void>>();
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  constructor(signals: Pick<Signals, "decline">, clock: Clock, log: Log) {
    this.#signals = signals;
    this.#clock = clock;
    this.#log = log;
  }

  say(room: RoomId, of: EventId, reason: DeclineReason | null, tries = TRIES): void {
    const attempt = this.#signals
      .decline(room, of, reason)
      .catch((error: unknown) => {
        this.#log.warn("a decline was not sent", error);
        if (this.#stopped || tries <= 1) return;
        const cancel = this.#clock.after(RETRY_MS, () => {
          this.#waiting.delete(cancel);
          this.say(room, of, reason, tries - 1);
        });
        this.#waiting.add(cancel);
      })
      .finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
  }

  /** Tries no more; resolves when what is under way has come through or failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
    await Promise.all(this.#underWay);
  }
}
