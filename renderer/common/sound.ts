import { samplesOf } from "./synth.ts";
import type { Score } from "./tones.ts";

/** All that a tune has in it; the loudspeaker's own rate would only cost time. */
const RATE = 32_000;
const FADE_S = 0.02;

/** A score, played. It is a buffer that the audio thread repeats, so a busy page cannot make it stutter. */
export class Sound {
  readonly #context: AudioContext;
  readonly #source: AudioBufferSourceNode;
  readonly #gain: GainNode;
  #sink = "";
  #started = false;
  #stopped = false;

  /** `volume`: 0–1, as ears count. */
  constructor(score: Score, volume: number, context: AudioContext = new AudioContext()) {
    const samples = samplesOf(score, RATE);
    const buffer = context.createBuffer(1, samples.length, RATE);
    buffer.copyToChannel(samples, 0);
    this.#context = context;
    this.#gain = context.createGain();
    this.#gain.gain.value = volume ** 2;
    this.#gain.connect(context.destination);
    this.#source = context.createBufferSource();
    this.#source.buffer = buffer;
    this.#source.connect(this.#gain);
  }

  /** Goes to a speaker (null: the system's). False where that cannot be had; it is then heard on the system's. */
  async use(deviceId: string | null): Promise<boolean> {
    const wanted = deviceId ?? "";
    if (wanted === this.#sink) return true;
    // Seam: lib.dom lacks AudioContext.setSinkId, which Chromium has since 110.
    const output = this.#context as AudioContext & { setSinkId(id: string): Promise<void> };
    try {
      await output.setSinkId(wanted);
      this.#sink = wanted;
      return true;
    } catch {
      await output.setSinkId("").catch(() => {});
      this.#sink = "";
      return false;
    }
  }

  /** Again and again until stopped. */
  loop(): void {
    this.#source.loop = true;
    this.#start();
  }

  /** Resolves when it has rung out or was stopped. */
  once(): Promise<void> {
    const ended = new Promise<void>((resolve) =>
      this.#source.addEventListener("ended", () => resolve(), { once: true }),
    );
    this.#start();
    return this.#stopped ? Promise.resolve() : ended;
  }

  /** Silence within 20 ms, without a click. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const close = () => void this.#context.close().catch(() => {});
    // Without a loudspeaker no time passes in the context, so nothing would ever end in it.
    if (this.#context.state !== "running") return close();
    const end = this.#context.currentTime + FADE_S;
    this.#source.addEventListener("ended", close, { once: true });
    this.#gain.gain.setTargetAtTime(0, this.#context.currentTime, FADE_S / 4);
    // One that was never started would never end.
    if (!this.#started) this.#source.start();
    this.#source.stop(end);
  }

  #start(): void {
    if (this.#stopped || this.#started) return;
    this.#started = true;
    this.#source.start();
  }
}
