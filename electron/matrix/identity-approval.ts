import { AppError } from "../../shared/errors.ts";
import type { Clock } from "../rtc/ports.ts";

/** How long somebody has to approve in the browser, and how often the server is asked whether they did. */
const APPROVAL_MS = 5 * 60_000;
const APPROVAL_STEP_MS = 3_000;

/** The wait for somebody who approves in the browser what was asked of the homeserver. */
export class Approval {
  readonly #clock: Clock;
  #until: number | null = null;
  #cancelled = false;
  #stopWaiting: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Also where the server is just being asked: it counts at the next pause. */
  cancel(): void {
    this.#cancelled = true;
    this.#stopWaiting?.();
  }

  /** @throws AppError `login-cancelled` */
  check(): void {
    if (this.#cancelled) throw new AppError("login-cancelled");
  }

  /** For `Authorisation`. @throws AppError `login-cancelled`, `approval-needed` */
  readonly pause = async (): Promise<void> => {
    this.check();
    this.#until ??= this.#clock.now() + APPROVAL_MS;
    if (this.#clock.now() >= this.#until) throw new AppError("approval-needed");
    await new Promise<void>((resolve) => {
      const stop = this.#clock.after(APPROVAL_STEP_MS, resolve);
      this.#stopWaiting = () => {
        stop();
        resolve();
      };
    });
    this.#stopWaiting = null;
    this.check();
  };
}
