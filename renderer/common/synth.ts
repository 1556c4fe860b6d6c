import type { Note, Overtone, Score } from "./tones.ts";

const RELEASE_MS = 12;
const PEAK = 0.9;

/** One pass of a score, its pause included, as loud as it can be without clipping. */
export function samplesOf(score: Score, rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(at(score.lengthMs, rate));
  for (const note of score.notes)
    for (const overtone of score.voice) add(samples, note, overtone, score.attackMs, rate);
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  if (loudest === 0) return samples;
  return samples.map((sample) => (sample / loudest) * PEAK);
}

function add(samples: Float32Array, note: Note, overtone: Overtone, attackMs: number, rate: number): void {
  const pitch = note.pitch * overtone.ratio;
  if (pitch > rate / 2) return;
  const [begin, length] = [at(note.atMs, rate), at(note.forMs, rate)];
  const [attack, release] = [at(attackMs, rate), at(RELEASE_MS, rate)];
  // A resonator that was struck: each sample follows from the two before it, so a whole tune takes milliseconds.
  const turn = (2 * Math.PI * pitch) / rate;
  const loss = overtone.fadeMs === null ? 1 : 10 ** (-3 / at(overtone.fadeMs, rate));
  const [nearer, farther] = [2 * loss * Math.cos(turn), -loss * loss];
  let [before, now] = [0, overtone.level * loss * Math.sin(turn)];
  for (let index = 1; index < length && begin + index < samples.length; index += 1) {
    const edge = Math.min(1, index / attack, (length - index) / release);
    samples[begin + index] = (samples[begin + index] ?? 0) + now * edge;
    [before, now] = [now, nearer * now + farther * before];
  }
}

const at = (ms: number, rate: number) => Math.max(1, Math.round((ms / 1000) * rate));
