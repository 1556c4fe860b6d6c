import type { RingState } from "../../shared/state/app-state.ts";
import { Sound } from "../common/sound.ts";
import { knock, tunes } from "../common/tones.ts";

export type HeardRing = Pick<RingState, "id" | "tone" | "volume" | "second">;

/** Makes heard whoever rings. */
export interface Ringer {
  /** This ring and no other; null is silence. */
  play(ring: HeardRing | null): void;
  /** On this speaker; null is the system's. */
  use(deviceId: string | null): void;
}

type Playing = Pick<Sound, "use" | "loop" | "stop">;

/** Of the ring's own volume, while we talk to somebody else. */
const KNOCK = 0.5;

export class TuneRinger implements Ringer {
  readonly #open: (...args: ConstructorParameters<typeof Sound>) => Playing;
  #playing: { readonly what: string; readonly sound: Playing } | null = null;
  #device: string | null = null;

  constructor(
    open: (...args: ConstructorParameters<typeof Sound>) => Playing = (...args) => new Sound(...args),
  ) {
    this.#open = open;
  }

  play(ring: HeardRing | null): void {
    const what = ring && JSON.stringify([ring.id, ring.tone, ring.volume, ring.second]);
    if (what === (this.#playing?.what ?? null)) return;
    this.#playing?.sound.stop();
    this.#playing = null;
    if (ring === null || what === null) return;
    const sound = ring.second
      ? this.#open(knock, ring.volume * KNOCK)
      : this.#open(tunes[ring.tone], ring.volume);
    this.#playing = { what, sound };
    // Where the speaker is gone it is heard on the system's: a ring must not be silent.
    void sound.use(this.#device).then(() => sound.loop());
  }

  use(deviceId: string | null): void {
    if (deviceId === this.#device) return;
    this.#device = deviceId;
    void this.#playing?.sound.use(deviceId);
  }
}
