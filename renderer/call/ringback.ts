import type { CallState } from "../../shared/state/app-state.ts";

/** The tone that one hears while it rings at the other end, as long as there is nobody else to hear. */
export class Ringback {
  readonly #start: (deviceId: string | null) => () => void;
  #stop: (() => void) | null = null;

  constructor(start: (deviceId: string | null) => () => void) {
    this.#start = start;
  }

  follow(call: CallState | null, speaker: string | null): void {
    const isOn = call?.phase === "joining" || call?.phase === "joined";
    const alone = isOn && !call.participants.some(({ local }) => !local);
    const phase = alone ? call.outgoing?.phase : null;
    if (phase === "calling" || phase === "ringing") this.#stop ??= this.#start(speaker);
    else this.hush();
  }

  hush(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
