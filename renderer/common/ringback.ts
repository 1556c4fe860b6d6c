import { Sound } from "./sound.ts";
import { ringbackTone } from "./tones.ts";

const VOLUME = 0.35;

/** What the caller hears until somebody answers, on a speaker (null: the system's); ends by the function it returns. */
export function startRingback(deviceId: string | null): () => void {
  const sound = new Sound(ringbackTone, VOLUME);
  void sound.use(deviceId).then(() => sound.loop());
  return () => sound.stop();
}
