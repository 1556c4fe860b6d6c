/** Three bells, a carillon's smallest tune, on a speaker (null: the system's). Resolves when they have rung out. */
export async function playTone(speaker: string | null): Promise<void> {
  const context = new AudioContext();
  try {
    // Seam: lib.dom lacks AudioContext.setSinkId, which Chromium has since 110.
    const sink = context as AudioContext & { setSinkId(id: string): Promise<void> };
    if (speaker !== null) await sink.setSinkId(speaker);
    const last = [659.3, 523.3, 784].map((pitch, index) => strike(context, pitch, index * 0.28)).at(-1);
    await new Promise((resolve) => last?.addEventListener("ended", resolve, { once: true }));
  } finally {
    await context.close();
  }
}

function strike(context: AudioContext, pitch: number, after: number): OscillatorNode {
  const start = context.currentTime + after;
  const envelope = new GainNode(context, { gain: 0 });
  envelope.gain.setValueAtTime(0.25, start);
  envelope.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
  envelope.connect(context.destination);
  const tone = new OscillatorNode(context, { frequency: pitch });
  tone.connect(envelope);
  tone.start(start);
  tone.stop(start + 0.9);
  return tone;
}
