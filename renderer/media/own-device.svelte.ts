import type { MediaProblem } from "../call/view.ts";
import { capture, type Capturer, type CaptureKind } from "./capture.ts";

export interface OwnDevicePorts {
  readonly media: Capturer;
  /** The chosen device where it is there, else null for the system's default. */
  readonly chosen: () => string | null;
  readonly changed: () => void;
  readonly problem: (problem: MediaProblem) => void;
}

/** One's own camera or microphone: on or off as the user wants it, over device changes and unplugging. */
export class OwnDevice {
  /** What the user wants, and has unless it failed. */
  on = $state(false);
  track = $state.raw<MediaStreamTrack | null>(null);
  readonly #kind: CaptureKind;
  readonly #ports: OwnDevicePorts;
  /** What was chosen when the track was opened. */
  #from: string | null = null;
  /** Counts what was asked, so that an answer that comes too late is dropped. */
  #asked = 0;

  constructor(kind: CaptureKind, ports: OwnDevicePorts) {
    this.#kind = kind;
    this.#ports = ports;
  }

  async set(on: boolean): Promise<void> {
    this.#asked += 1;
    this.on = on;
    // A camera's light must go out; a microphone stays open, so that speaking again takes no time.
    if (!on && this.#kind === "camera") this.#release();
    if (this.track) this.track.enabled = on;
    this.#ports.changed();
    if (on && !this.track) await this.#open(this.#ports.chosen());
  }

  /** Goes over to the chosen device if another one is in use. */
  async follow(): Promise<void> {
    const chosen = this.#ports.chosen();
    if (!this.track || chosen === this.#from) return;
    if (chosen !== null && this.track.getSettings().deviceId === chosen) return void (this.#from = chosen);
    this.#asked += 1;
    await this.#open(chosen);
  }

  close(): void {
    this.#asked += 1;
    this.on = false;
    this.#release();
  }

  async #open(deviceId: string | null): Promise<void> {
    const asked = this.#asked;
    const { track, problem } = await capture(this.#ports.media, this.#kind, deviceId);
    if (asked !== this.#asked) return track?.stop();
    this.#from = deviceId;
    if (track) this.#take(track);
    else if (!this.track) this.on = false;
    if (problem) this.#ports.problem(problem);
    this.#ports.changed();
  }

  #take(track: MediaStreamTrack): void {
    this.#release();
    this.track = track;
    track.enabled = this.on;
    // Fires when the device goes away, not when we stop it.
    track.addEventListener("ended", () => void this.#lost(track), { once: true });
  }

  async #lost(track: MediaStreamTrack): Promise<void> {
    if (this.track !== track) return;
    this.track = null;
    this.#asked += 1;
    this.#ports.changed();
    if (!this.on) return;
    this.#ports.problem("device-unplugged");
    await this.#open(null);
  }

  #release(): void {
    this.track?.stop();
    this.track = null;
  }
}
