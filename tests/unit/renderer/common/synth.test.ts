import { describe, expect, it } from "vitest";

import { samplesOf } from "../../../../renderer/common/synth.ts";
import { chime, knock, ringbackTone, tunes, type Score } from "../../../../renderer/common/tones.ts";
import { tones } from "../../../../shared/state/settings.ts";

const RATE = 16_000;
const all = Object.entries({ ...tunes, knock, ringbackTone, chime });
const ringing = Object.entries({ ...tunes, knock, ringbackTone });

const loudest = (samples: Float32Array) =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
const power = (samples: Float32Array) =>
  samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
const part = (samples: Float32Array, fromMs: number, toMs: number) =>
  samples.subarray(Math.round((fromMs * RATE) / 1000), Math.round((toMs * RATE) / 1000));

/** How much of one pitch is in these samples (Goertzel), whatever their length. */
function strength(samples: Float32Array, pitch: number): number {
  const turn = (2 * Math.PI * pitch) / RATE;
  let [real, imaginary] = [0, 0];
  samples.forEach((sample, index) => {
    real += sample * Math.cos(turn * index);
    imaginary += sample * Math.sin(turn * index);
  });
  return Math.hypot(real, imaginary) / samples.length;
}

it("there is a tune for each tone that can be chosen, and no two are alike", () => {
  expect(Object.keys(tunes)).toEqual([...tones]);
  const made = tones.map((tone) => samplesOf(tunes[tone], RATE).join());
  expect(new Set(made).size).toBe(tones.length);
});

describe.each(all)("%s", (_name, score) => {
  const samples = samplesOf(score, RATE);

  it("is as loud as the others, and nowhere too loud", () => {
    expect(loudest(samples)).toBeCloseTo(0.9, 5);
    expect(samples.every(Number.isFinite)).toBe(true);
  });

  it("begins and ends in silence, so that it can begin again without a click", () => {
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.02);
    expect(loudest(samples.subarray(-32))).toBeLessThan(0.02);
  });

  it("lasts as long as its score says, and holds all of it", () => {
    expect(samples.length).toBe((score.lengthMs / 1000) * RATE);
    for (const { atMs, forMs } of score.notes) expect(atMs + forMs).toBeLessThanOrEqual(score.lengthMs);
  });

  it("sounds the pitch of its first note when that is struck", () => {
    const [first] = score.notes;
    if (first === undefined) throw new Error("an empty score");
    const struck = part(samples, first.atMs, first.atMs + Math.min(first.forMs, 140));
    // A quarter tone beside it there is less.
    for (const wrong of [2 ** (1.5 / 12), 2 ** (-1.5 / 12)])
      expect(strength(struck, first.pitch)).toBeGreaterThan(strength(struck, first.pitch * wrong));
  });
});

it.each(ringing)("%s pauses before it begins again", (_name, score) => {
  const samples = samplesOf(score, RATE);
  const rest = part(samples, score.lengthMs - 700, score.lengthMs);
  expect(power(rest)).toBeLessThan(power(samples) / 50);
});

it("what is above the half of the rate is left out, since it would sound as another pitch", () => {
  const high: Score = { ...knock, notes: [{ atMs: 0, forMs: 100, pitch: RATE * 0.6 }] };
  expect(loudest(samplesOf(high, RATE))).toBe(0);
});
