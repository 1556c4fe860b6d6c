import type { Tone } from "../../shared/state/settings.ts";

/** A tune as struck, plucked or blown tones; `synth.ts` makes samples of it. All our own, so nobody's licence binds them. */
export interface Score {
  /** What one tone is made of. */
  readonly voice: readonly Overtone[];
  /** Until a tone is at its full strength. */
  readonly attackMs: number;
  readonly notes: readonly Note[];
  /** The pause at the end included, after which it begins again. */
  readonly lengthMs: number;
}

export interface Overtone {
  /** Of the note's pitch. */
  readonly ratio: number;
  readonly level: number;
  /** Until it has fallen by 60 dB; null sustains. */
  readonly fadeMs: number | null;
}

export interface Note {
  readonly atMs: number;
  readonly forMs: number;
  /** Hz. */
  readonly pitch: number;
}

/** A bell's hum, prime, minor third, fifth and octave. */
const bell: readonly Overtone[] = [
  { ratio: 0.5, level: 0.35, fadeMs: 1700 },
  { ratio: 1, level: 1, fadeMs: 1500 },
  { ratio: 1.19, level: 0.35, fadeMs: 1000 },
  { ratio: 1.5, level: 0.2, fadeMs: 700 },
  { ratio: 2, level: 0.55, fadeMs: 900 },
  { ratio: 3, level: 0.12, fadeMs: 350 },
];

/** A wooden bar, tuned to a double octave. */
const bar: readonly Overtone[] = [
  { ratio: 1, level: 1, fadeMs: 620 },
  { ratio: 4, level: 0.28, fadeMs: 190 },
  { ratio: 9.2, level: 0.07, fadeMs: 70 },
];

const reed: readonly Overtone[] = [
  { ratio: 1, level: 1, fadeMs: null },
  { ratio: 2, level: 0.25, fadeMs: null },
  { ratio: 3, level: 0.16, fadeMs: null },
];

const flute: readonly Overtone[] = [{ ratio: 1, level: 1, fadeMs: null }];

/** [beat, semitones above the A of 440 Hz] at this many ms a beat. */
const tune = (beatMs: number, forMs: number, struck: readonly (readonly [number, number])[]): Note[] =>
  struck.map(([beat, above]) => ({ atMs: beat * beatMs, forMs, pitch: 440 * 2 ** (above / 12) }));

const trill = (atBeat: number) =>
  Array.from({ length: 10 }, (_, beat) => [atBeat + beat, beat % 2 === 0 ? 14 : 19] as const);

export const tunes: { readonly [T in Tone]: Score } = {
  carillon: {
    voice: bell,
    attackMs: 2,
    notes: tune(230, 1700, [
      [0, 12],
      [1, 9],
      [2, 5],
      [3, 7],
      [5, 0],
      [7, 7],
      [8, 9],
      [9, 5],
    ]),
    lengthMs: 5200,
  },
  marimba: {
    voice: bar,
    attackMs: 2,
    notes: tune(150, 650, [
      [0, -2],
      [1, 5],
      [2, 10],
      [4, 7],
      [5, 5],
      [6, 10],
      [8, -2],
      [9, 5],
      [10, 12],
      [12, 10],
      [13, 7],
      [14, 5],
    ]),
    lengthMs: 3900,
  },
  signal: { voice: reed, attackMs: 6, notes: tune(70, 70, [...trill(0), ...trill(16)]), lengthMs: 3400 },
};

/** While we are in another call: enough to notice, not enough to talk over. */
export const knock: Score = {
  voice: flute,
  attackMs: 40,
  notes: [{ atMs: 0, forMs: 260, pitch: 587.3 }],
  lengthMs: 4000,
};

/** What the caller hears while it rings elsewhere. */
export const ringbackTone: Score = {
  voice: flute,
  attackMs: 40,
  notes: [{ atMs: 0, forMs: 1000, pitch: 425 }],
  lengthMs: 5000,
};

/** Three bells, for trying a speaker. */
export const chime: Score = {
  voice: bell,
  attackMs: 2,
  notes: tune(280, 1400, [
    [0, 7],
    [1, 3],
    [2, 10],
  ]),
  lengthMs: 2000,
};
