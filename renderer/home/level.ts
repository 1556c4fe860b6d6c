/** Tells the loudness of a stream, 0 to 1, once a frame until stopped. */
export function watchLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);

  let frame = requestAnimationFrame(function look() {
    analyser.getFloatTimeDomainData(samples);
    tell(levelOf(samples));
    frame = requestAnimationFrame(look);
  });
  return () => {
    cancelAnimationFrame(frame);
    void context.close();
  };
}

const QUIETEST_DB = -60;

/** Loudness on the scale that ears use: 0 at -60 dB and below, 1 at full scale. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  const decibels = 10 * Math.log10(power);
  return Math.min(1, Math.max(0, 1 - decibels / QUIETEST_DB));
}
